"""Columns that steps declare as made or changed, held to what they do to the tables of two simulated sweeps."""

from dataclasses import replace

import numpy as np
import pytest

from gnomon.models.imageset import ImageSet
from gnomon.models.reflections import Reflections
from gnomon.models.shoeboxes import FOREGROUND, VALID, Shoeboxes
from gnomon.pipeline import STAGES, STEPS
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.params import SimulateParams

CRYSTAL = {"cell": (40.0, 40.0, 30.0, 90.0, 90.0, 90.0), "mean_intensity": 800.0}
PARAMS = {
    "anvil_correction": {"normal": (0, 0, 1)},
    "filter_reflections": {"d_min": 4.0},
    "index": {"joint": False},
    "reindex": {"change_of_basis_op": "b,a,-c"},
    "slice_sequence": {"image_range": [(1, 6)]},
    "split_still_data": {"series_repeat": 2},
}
"""What steps are told that otherwise have nothing to do."""
AFTER = {
    "compute_delta_cchalf": "scale",
    "damage_analysis": "scale",
    "merging_statistics": "scale",
    "refine_bravais_settings": "index",
}
"""The step whose table a tool wants; integrate's where nothing is said."""
OF_IMAGES = {"apply_mask", "find_bad_pixels", "find_hot_pixels", "generate_mask", "shadow_plot"}
"""Tools that make or apply masks, or look at pixels: the table that they are given is none of theirs."""
OF_PIXELS = {"sequence_to_stills"}
"""Tools that want the pixels of spots, which integrate keeps none of."""
OF_STILLS = {"split_still_data"}
TOOLS = [name for name, stage in STEPS.items() if name not in STAGES and "refl" in (*stage.needs, *stage.takes)]


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """What each step of the chain was given and gave: name -> (reflections before, result)."""
    folder, files = tmp_path_factory.mktemp("made"), []
    for seed in (1, 2):
        params = SimulateParams(image_size=(260, 240), distance=90.0, images=12, width=1.0, seed=seed, **CRYSTAL)
        simulate_dataset(params, folder / f"s{seed}")
        files += sorted(map(str, (folder / f"s{seed}").glob("sim_*.cbf*")))
    experiments, table = STEPS["import"](files).experiments, Reflections()
    found = {}
    for name in list(STAGES)[1:]:
        result = STEPS[name](experiments, table, **PARAMS.get(name, {}))
        found[name] = table, result
        experiments, table = result
    return found


def with_pixels(table):
    """The table with a box of one pixel for each spot."""
    n = len(table)
    low = np.floor(table["xyzcal.px"]).astype(int)
    bbox = np.stack([low, low + 1], axis=-1).reshape(n, 6).astype(np.int32)
    ones = np.ones(n)
    mask = np.full(n, VALID | FOREGROUND, np.uint8)
    return table.with_columns({"shoebox": Shoeboxes(table["panel"], bbox, np.arange(n + 1), ones, mask, 0 * ones)})


def still(experiment):
    """The first image of an experiment, alone."""
    return experiment.replace(scan=None, images=ImageSet("ImageSet", paths=(experiment.images.path_of(1),)))


def changed(before, after):
    """Columns of both whose values differ; none where rows were left out or added."""
    if len(before) != len(after):
        return set()
    return {name for name in before if name in after and not np.array_equal(before[name], after[name])}


@pytest.mark.parametrize("name", list(STAGES)[1:])
def test_a_step_of_the_chain_makes_what_it_declares(name, chain):
    before, result = chain[name]
    stage, after = STEPS[name], result.reflections
    assert set(stage.makes) <= set(after)
    assert set(after) - set(before) == set(stage.makes) - set(before)
    assert changed(before, after) <= {*stage.makes, *stage.changes}
    assert set(stage.changes) <= set(before)


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_makes_what_it_declares(name, chain):
    if name in OF_IMAGES:
        assert STEPS[name].makes == STEPS[name].changes == ()
        return
    start = chain[AFTER.get(name, "integrate")][1]
    if name in OF_PIXELS:
        start = replace(start, reflections=with_pixels(start.reflections))
    if name in OF_STILLS:
        start = replace(start, experiments=start.experiments.map(still))
    found = STEPS[name](start.experiments, start.reflections, **PARAMS.get(name, {}))
    for result in found if isinstance(found, list) else [found]:
        assert set(result.reflections) - set(start.reflections) == set(STEPS[name].makes) - set(start.reflections)
        assert changed(start.reflections, result.reflections) <= {*STEPS[name].makes, *STEPS[name].changes}
