"""Reindexing: crystals and indices together, by hand and to a reference; and as DIALS does it."""

import shutil
import subprocess

import numpy as np
import pytest
from diffract import crystal, experiments_of, instrument

from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.refl import read_reflections, write_reflections
from gnomon.maths.symmetry import to_asu
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reference import Reference
from gnomon.models.reflections import Reflections
from gnomon.report.reindex import describe
from gnomon.step import InputError, Result
from gnomon.steps.reindex.params import ReindexParams
from gnomon.steps.reindex.reference import as_result
from gnomon.steps.reindex.step import reindex


@pytest.fixture
def given_pair():
    rng = np.random.default_rng(1)
    experiment = instrument().replace(crystal=crystal((78, 78, 78, 90, 90, 90), rng, " I 2 2 3"))
    h = np.stack(np.meshgrid(*[np.arange(-6, 7)] * 3, indexing="ij"), -1).reshape(-1, 3)
    h = h[(h.sum(1) % 2 == 0) & h.any(1)].astype(np.int32)
    asu, _ = to_asu(h, "I 2 3")
    unique, owner = np.unique(asu, axis=0, return_inverse=True)
    intensity = rng.exponential(100, len(unique))[owner.ravel()] * rng.normal(1, 0.05, len(h))
    table = Reflections(
        {
            "id": np.zeros(len(h), np.int32),
            "miller_index": h,
            "flags": np.full(len(h), int(Flag.INDEXED), np.uint64),
            "intensity.sum.value": intensity,
        },
        {0: "sweep-0"},
    )
    experiments = experiments_of(experiment).map(lambda e: e.replace(crystal=experiment.crystal))
    return experiments, table


def test_points_stay_where_they_are(given_pair):
    experiments, table = given_pair
    result = reindex(experiments, table, ReindexParams(change_of_basis_op="b,c,a", space_group="I23"))
    before = table["miller_index"] @ experiments[0].crystal.A.T
    after = result.reflections["miller_index"] @ result.experiments[0].crystal.A.T
    np.testing.assert_allclose(after, before, atol=1e-12)
    np.testing.assert_array_equal(result.reflections["miller_index"], table["miller_index"][:, [1, 2, 0]])
    assert result.experiments[0].crystal.hall_symbol == " I 2 2 3"
    assert "change of basis b,c,a" in describe(result.stats)


def test_there_and_back_again(given_pair):
    there = reindex(*given_pair, ReindexParams(change_of_basis_op="-a+b+c,a-b+c,a+b-c"))
    back = reindex(
        there.experiments, there.reflections, ReindexParams(change_of_basis_op="1/2*b+1/2*c,1/2*a+1/2*c,1/2*a+1/2*b")
    )
    np.testing.assert_array_equal(back.reflections["miller_index"], given_pair[1]["miller_index"])
    np.testing.assert_allclose(back.experiments[0].crystal.A, given_pair[0][0].crystal.A, atol=1e-15)


def test_fractions_are_dropped_and_counted(given_pair):
    result = reindex(*given_pair, ReindexParams(change_of_basis_op="a,b,1/2*c"))
    odd = (given_pair[1]["miller_index"][:, 2] % 2 == 1).sum()
    assert result.stats["dropped"] == odd
    assert len(result.reflections) == len(given_pair[1]) - odd


def test_an_offset_leaves_spots_without_index_alone(given_pair):
    _, table = given_pair
    hkl = table["miller_index"].copy()
    hkl[:3] = 0
    result = reindex(Experiments(), table.with_columns({"miller_index": hkl}), ReindexParams(hkl_offset=(0, 0, 1)))
    np.testing.assert_array_equal(result.reflections["miller_index"][:3], 0)
    np.testing.assert_array_equal(result.reflections["miller_index"][3:], hkl[3:] + np.array([0, 0, 1]))


def test_a_reference_settles_the_ambiguity(given_pair):
    experiments, table = given_pair
    other = reindex(experiments, table, ReindexParams(change_of_basis_op="b,a,-c"))
    result = reindex(other.experiments, other.reflections, ReindexParams(), reference=Result(experiments, table))
    mine, _ = to_asu(result.reflections["miller_index"], "I 2 3")
    truth, _ = to_asu(table["miller_index"], "I 2 3")
    np.testing.assert_array_equal(mine, truth)
    assert result.stats["choice"][0]["cc"] > 0.95
    assert result.stats["choice"][-1]["cc"] < 0.7  # indices that the ambiguity leaves alike still agree


def test_intensities_of_a_file_are_a_reference(given_pair):
    """Merged, of the same cell: the setting and the space group are had from it."""
    experiments, table = given_pair
    asu, _ = to_asu(table["miller_index"], "I 2 3")
    hkl, first = np.unique(asu, axis=0, return_index=True)
    cell = experiments[0].crystal.cell
    file = Reference(hkl.astype(np.int32), table["intensity.sum.value"][first], cell, " I 2b 2c 3")
    other = reindex(experiments, table, ReindexParams(change_of_basis_op="b,a,-c"))
    result = reindex(other.experiments, other.reflections, ReindexParams(), reference=as_result(file))
    np.testing.assert_array_equal(to_asu(result.reflections["miller_index"], "I 2 3")[0], asu)
    assert result.experiments[0].crystal.hall_symbol == " I 2b 2c 3"


def test_a_reference_of_another_cell_is_refused(given_pair):
    other = experiments_of(instrument()).map(
        lambda e: e.replace(crystal=crystal((50, 60, 70, 90, 90, 90), np.random.default_rng(2)))
    )
    with pytest.raises(InputError, match="no basis of this lattice has the reference's cell"):
        reindex(*given_pair, ReindexParams(), reference=Result(other, Reflections()))


def test_nothing_to_do_is_said(given_pair):
    with pytest.raises(InputError, match="told nothing to do"):
        reindex(*given_pair, ReindexParams())


@pytest.mark.interop
@pytest.mark.skipif(shutil.which("dials.reindex") is None, reason="DIALS is not installed")
def test_dials_means_the_same_by_it(given_pair, tmp_path):
    experiments, table = given_pair
    experiments = experiments.map(lambda e: e.replace(crystal=Crystal(e.crystal.A)))
    write_experiments(tmp_path / "a.expt", experiments)
    write_reflections(tmp_path / "a.refl", table)
    subprocess.run(
        ["dials.reindex", "a.expt", "a.refl", "change_of_basis_op=a-b,a+b,c"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    mine = reindex(experiments, table, ReindexParams(change_of_basis_op="a-b,a+b,c"))
    theirs = read_reflections(tmp_path / "reindexed.refl")
    np.testing.assert_array_equal(mine.reflections["miller_index"], theirs["miller_index"])
    crystal_ = read_experiments(tmp_path / "reindexed.expt")[0].crystal
    np.testing.assert_allclose(mine.experiments[0].crystal.A, crystal_.A, atol=1e-9)
