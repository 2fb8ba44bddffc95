"""What the user gives stays: a cell, a setting, a space group that the data cannot refute."""

from functools import cache

import numpy as np
import pytest

from gnomon.distribute.workers import SERIAL
from gnomon.errors import InputError
from gnomon.process.params import ProcessParams
from gnomon.process.runner import Runner
from gnomon.process.stages import symmetrized
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges
from gnomon.step import Result
from gnomon.steps.cosym.params import CosymParams
from gnomon.steps.cosym.step import cosym
from gnomon.steps.symmetry.params import SymmetryParams
from gnomon.steps.symmetry.step import symmetry

CELL = (62.7, 54.5, 90.5, 90.0, 127.0, 90.0)
ONE = {"species": ("one",), "wedges": 1, "images": 60, "width": 1.0, "d_min": 3.2, "distance": 150.0}
ONE |= {"image_size": (487, 619), "cell": CELL, "space_group": "C2", "crystal_cell": 0.0}


@cache
def wedges(**changes):
    return integrated_wedges(WedgesParams(**{**ONE, "basis": "primitive", **changes}))


def test_the_published_setting_of_a_monoclinic_cell():
    """Without a cell the least oblique setting is taken, I 2 with beta 96.5."""
    experiments, table, _ = wedges()
    free = symmetry(experiments, table, SymmetryParams()).experiments[0].crystal
    assert free.cell[4] < 100
    for known in ({"space_group": "C2"}, {}):
        result = symmetry(experiments, table, SymmetryParams(unit_cell=CELL, **known))
        np.testing.assert_allclose(result.experiments[0].crystal.cell, CELL, rtol=1e-3)
        assert result.summary.space_group == "C 1 2 1"
        before = table["miller_index"] @ experiments[0].crystal.A.T
        after = result.reflections["miller_index"] @ result.experiments[0].crystal.A.T
        np.testing.assert_allclose(after, before, atol=1e-3)


def test_a_crystal_that_comes_in_the_group_asked_for_keeps_its_cell():
    experiments, table, _ = wedges(basis="true")
    result = symmetry(experiments, table, SymmetryParams(space_group="C2"))
    np.testing.assert_allclose(result.experiments[0].crystal.cell, CELL, rtol=1e-6)
    assert result.summary.changes == ("a,b,c",)


def test_cosym_ends_in_the_cell_given():
    experiments, table, _ = wedges(wedges=3, images=30)
    result = cosym(experiments, table, CosymParams(space_group="C2", unit_cell=CELL))
    for experiment in result.experiments:
        np.testing.assert_allclose(experiment.crystal.cell, CELL, rtol=2e-3)


def test_process_hands_the_cell_on():
    experiments, table, _ = wedges()
    done = symmetrized(
        Runner(SERIAL, None), Result(experiments, table), ProcessParams(space_group="C2", unit_cell=CELL)
    )
    np.testing.assert_allclose(done.result.experiments[0].crystal.cell, CELL, rtol=1e-3)


def test_a_cell_that_the_lattice_has_not_is_refused():
    experiments, table, _ = wedges()
    with pytest.raises(InputError, match="has the cell"):
        symmetry(experiments, table, SymmetryParams(unit_cell=(60, 60, 60, 90, 90, 90)))


@pytest.mark.parametrize("step", [symmetry, cosym])
def test_a_few_reflections_do_not_replace_a_group_that_was_given(step):
    """Some hundred reflections of five crystals known to be P 21 3, as stills leave them."""
    experiments, table, _ = wedges(
        cell=(60, 60, 60, 90, 90, 90), space_group="P213", basis="true", wedges=5, images=2, d_min=4.0
    )
    few = table.select(np.random.default_rng(3).permutation(len(table))[:250])
    params = SymmetryParams() if step is symmetry else CosymParams()
    result = step(experiments, few, params)
    assert result.summary.space_group == "P 21 3"
    assert result.summary.changes[0] == "a,b,c"
    assert "given" in result.summary.laue_reason + result.summary.space_group_reason


def test_a_group_that_the_data_refute_is_replaced():
    """A crystal of P 41 said to be P 4 2 2."""
    experiments, table, _ = wedges(cell=(50, 50, 60, 90, 90, 90), space_group="P43", basis="true", images=90)
    wrong = [e.replace(crystal=e.crystal.reindexed(np.eye(3), " P 4 2")) for e in experiments]
    result = symmetry(experiments.with_items(wrong), table, SymmetryParams())
    assert result.summary.laue_group == "P 4"
    assert "which was given" in result.summary.laue_reason
