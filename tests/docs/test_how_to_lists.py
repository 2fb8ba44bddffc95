"""The how-to page on lists of data sets: its commands, typed as they stand on the page."""

import pytest
from typed import DOCS, run_in_turn

from gnomon import read_experiments, read_reflections
from gnomon.io.expt import write_experiments
from gnomon.io.refl import write_reflections
from gnomon.models.subset import subset
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges

PAGE = DOCS / "how-to" / "many-data-sets-utilities.md"


@pytest.fixture(scope="module")
def page_typed(tmp_path_factory):
    """A folder of six wedges, the last with a cell 2 % longer, in which all was typed; and what each printed."""
    folder = tmp_path_factory.mktemp("lists")
    (folder / "wedges").mkdir()
    params = WedgesParams(species=("cow",), wedges=5, strangers=1, images=10, d_min=3.5, basis="true")
    experiments, reflections, _ = integrated_wedges(params)
    for i in range(6):
        one, table = subset(experiments, reflections, [i])
        write_experiments(folder / "wedges" / f"{i}.expt", one)
        write_reflections(folder / "wedges" / f"{i}.refl", table)
    return folder, {line: done.stdout for line, done in run_in_turn(PAGE, folder).items()}


def size(folder, name):
    return len(read_experiments(folder / name)) if name.endswith("expt") else len(read_reflections(folder / name))


def test_every_command_leaves_what_the_page_says(page_typed):
    folder, said = page_typed
    assert len(said) == 16
    assert len(read_experiments(folder / "combined.expt").groups_sharing("detector")) == 1
    found = {name: size(folder, name) for name in ("best.expt", "combined_0.expt", "combined_1.expt", "split_5.expt")}
    assert found == {"best.expt": 3, "combined_0.expt": 3, "combined_1.expt": 3, "split_5.expt": 1}
    assert size(folder, "part_2.expt") == 2
    assert size(folder, "combined_cluster_0.expt") == 5
    assert not (folder / "combined_cluster_1.expt").exists()
    assert size(folder, "split-0.expt") == 6
    assert read_experiments(folder / "split_0_1_5.expt")[0].scan.image_range == (1, 5)
    assert size(folder, "combined_sliced.expt") == 12
    assert size(folder, "combined_sliced.refl") == size(folder, "combined.refl")


def test_the_crystal_of_another_cell_is_found(page_typed):
    folder, said = page_typed
    assert (size(folder, "cluster_0.expt"), size(folder, "cluster_1.expt")) == (5, 1)
    uncut = said["gnomon cluster_unit_cell combined.expt"]
    assert "cells apart from the others of their cluster:" in uncut
    assert "stranger_01: b = 68.71 Å is +1.91 %" in uncut


def test_filters_compose(page_typed):
    folder, _ = page_typed
    whole = read_reflections(folder / "whole.refl")
    assert set(whole["id"].tolist()) == {0, 2}
    assert whole["partiality"].min() >= 0.99
    assert read_reflections(folder / "no_ice.refl")["d"].min() >= 2.5
    assert 0 < size(folder, "no_ice.refl") < size(folder, "combined.refl")
