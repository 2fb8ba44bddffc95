"""cosym on simulated wedges, indexed at random in one of the settings of their lattice."""

from functools import cache

import numpy as np
import pytest

from gnomon.distribute.workers import Workers
from gnomon.errors import InputError
from gnomon.maths.crystal.change_of_basis import parse_change_of_basis
from gnomon.maths.crystal.symmetry import rotations
from gnomon.models.reflections import Reflections
from gnomon.models.subset import subset
from gnomon.report.cosym import describe
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges
from gnomon.step import Context
from gnomon.steps.cosym.params import CosymParams
from gnomon.steps.cosym.step import cosym
from tests.plain_values import assert_plain

SMALL = {"d_min": 3.0, "image_size": (487, 619), "distance": 100.0}


@cache
def wedges(**changes):
    return integrated_wedges(WedgesParams(**{**SMALL, "wedges": 4, "basis": "primitive", **changes}))


def settings_of(result, truth):
    """How many data sets there are in each setting, the most first: h_true -> h_out, but for the true symmetry."""
    symmetry = rotations(truth.space_group)
    found = []
    for name, text in zip(result.summary.names, result.summary.changes):
        Q = np.linalg.inv(truth.setting[truth.names.index(name)]) @ parse_change_of_basis(text)
        for one in found:
            if any(np.allclose(Q, W @ one[0]) for W in symmetry):
                one[1] += 1
                break
        else:
            found.append([Q, 1])
    return sorted((n for _, n in found), reverse=True)


def run(data, **params):
    experiments, table, _ = data
    return cosym(experiments, table, CosymParams(**params))


def test_three_species_share_one_setting():
    data = wedges()
    result = run(data)
    summary = result.summary
    assert summary.laue_group == "I m -3"
    assert summary.space_group == "I 2 3"
    assert settings_of(result, data[2]) == [12]
    assert len(set(summary.changes)) == 2
    assert_plain(summary)
    assert summary.excluded == ()
    assert np.shape(summary.coordinates) == (12, summary.dimensions)
    assert np.shape(summary.coordinates_all) == (24, summary.dimensions)
    assert min(summary.margins) > 0.3
    for e, cell in zip(result.experiments, data[2].cell):
        np.testing.assert_allclose(e.crystal.cell[3:], 90, atol=1e-9)
        np.testing.assert_allclose(e.crystal.cell[:3], cell[:3], rtol=1e-4)
        assert e.crystal.hall_symbol == " I 2 2 3"
    text = describe(summary)
    assert "I m -3" in text
    assert "data sets reindexed" in text


def test_reflections_stay_where_they_are():
    """A' h' = A h: reindexing must not move one."""
    experiments, table, _ = wedges()
    result = cosym(experiments, table, CosymParams())
    for i, (before, after) in enumerate(zip(experiments, result.experiments)):
        rows = table["id"] == i
        q = table["miller_index"][rows] @ before.crystal.A.T
        moved = result.reflections["miller_index"][rows] @ after.crystal.A.T
        np.testing.assert_allclose(moved, q, atol=2e-3)
        assert result.reflections.identifiers[i] == after.identifier


def test_the_same_in_any_order_and_for_any_number_of_workers():
    experiments, table, truth = wedges()
    once = cosym(experiments, table, CosymParams())
    again = cosym(experiments, table, CosymParams(), context=Context(Workers(3)))
    np.testing.assert_array_equal(once.reflections["miller_index"], again.reflections["miller_index"])
    np.testing.assert_array_equal(once.summary.coordinates, again.summary.coordinates)
    order = np.random.default_rng(4).permutation(len(experiments))
    other = cosym(*subset(experiments, table, order), CosymParams())
    assert other.summary.laue_group == once.summary.laue_group
    assert settings_of(other, truth) == [12]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_data_sets(n):
    experiments, table, truth = wedges(images=40)
    result = cosym(*subset(experiments, table, range(n)), CosymParams())
    assert result.summary.laue_group == "I m -3"
    assert settings_of(result, truth) == [n]
    assert any("one data set" in why for why in result.summary.sentences) == (n == 1)
    assert describe(result.summary)


def test_data_sets_that_do_not_belong_are_left_out():
    data = wedges(strangers=1, wedges=3)
    result = run(data, relative_length_tolerance=0.01)
    assert [row.name for row in result.summary.excluded] == [data[2].names[-1]]
    assert "cell" in result.summary.excluded[0].reason
    assert len(result.experiments) == 9
    assert set(np.unique(result.reflections["id"])) == set(range(9))
    assert settings_of(result, data[2]) == [9]
    with pytest.raises(InputError, match="another cell"):
        run(data, exclude_inconsistent_unit_cells=False)


def test_data_sets_with_too_few_reflections_are_left_out():
    experiments, table, truth = wedges()
    keep = table["id"] != 5
    keep[np.flatnonzero(~keep)[:20]] = True
    result = cosym(experiments, table.select(keep), CosymParams(min_reflections=30))
    assert [row.name for row in result.summary.excluded] == [truth.names[5]]
    assert "reflections" in result.summary.excluded[0].reason
    assert settings_of(result, truth) == [11]


def test_a_group_may_be_asked_for():
    data = wedges()
    assert run(data, space_group="I213").summary.space_group == "I 21 3"
    assert settings_of(run(data, laue_group="I m -3"), data[2]) == [12]
    with pytest.raises(InputError, match="does not have the symmetry"):
        run(data, space_group="P 6")


def test_data_without_intensities_are_an_error():
    experiments, table, _ = wedges()
    bare = Reflections({"id": table["id"], "miller_index": table["miller_index"], "flags": np.zeros(len(table))})
    with pytest.raises(InputError, match="run integrate first"):
        cosym(experiments, bare.with_identifiers(table.identifiers), CosymParams())
