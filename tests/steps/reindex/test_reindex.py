"""Reindexing: crystals and indices together, by hand and to a reference; and as DIALS does it."""

import shutil
import subprocess

import numpy as np
import pytest
from diffract import crystal, experiments_of, instrument

from gnomon.errors import InputError
from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.refl import read_reflections, write_reflections
from gnomon.maths.crystal.lattice import metric_misfit
from gnomon.maths.crystal.symmetry import centring_vectors, rotations, space_group, to_asu
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reference import Reference
from gnomon.models.reflections import Reflections
from gnomon.report.reindex import describe
from gnomon.step import Data
from gnomon.steps.reindex.params import ReindexParams
from gnomon.steps.reindex.reference import as_data
from gnomon.steps.reindex.step import reindex
from tests.plain_values import assert_plain


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
    assert "change of basis b,c,a" in describe(result.summary)


def test_there_and_back_again(given_pair):
    there = reindex(*given_pair, ReindexParams(change_of_basis_op="-a+b+c,a-b+c,a+b-c"))
    back = reindex(
        there.experiments, there.reflections, ReindexParams(change_of_basis_op="1/2*b+1/2*c,1/2*a+1/2*c,1/2*a+1/2*b")
    )
    np.testing.assert_array_equal(back.reflections["miller_index"], given_pair[1]["miller_index"])
    np.testing.assert_allclose(back.experiments[0].crystal.A, given_pair[0][0].crystal.A, atol=1e-15)


def test_fractions_are_dropped_and_counted(given_pair):
    result = reindex(*given_pair, ReindexParams(change_of_basis_op="a,b,1/2*c", space_group="P222"))
    odd = (given_pair[1]["miller_index"][:, 2] % 2 == 1).sum()
    assert result.summary.dropped == odd
    assert len(result.reflections) == len(given_pair[1]) - odd


def result_of(op, group, before=" P 2ac 2ab", cell=(50, 50, 61, 90, 90, 90)):
    """The crystal after a change of axes, to ``group`` if not None."""
    given = crystal(cell, np.random.default_rng(3), before)
    experiments = experiments_of(instrument()).map(lambda e: e.replace(crystal=given))
    result = reindex(experiments, Reflections(), ReindexParams(change_of_basis_op=op, space_group=group))
    return result.experiments[0].crystal


@pytest.mark.parametrize(("op", "right"), [("b,a,c", "-b,-a,-c"), ("k,h,l", "-b,-a,-c"), ("a,b,-c", "-a,-b,c")])
def test_left_handed_axes_are_refused_with_the_right_handed_ones(op, right):
    with pytest.raises(InputError, match=f"right-handed form, of the same cell, is {right}"):
        result_of(op, None)
    assert np.linalg.det(result_of(right, None).A) > 0


@pytest.mark.parametrize(
    ("before", "op", "group", "said"),
    [
        (" P 2ac 2ab", None, "P4", "does not fit the cell 50.00, 70.00, 61.00"),
        (" P 2ac 2ab", None, "R3", "another lattice|does not fit the cell"),
        (" P 2ac 2ab", None, "C222", "lattice is P with the old axes, and C 2 2 2 is C"),
        (" I 2 2", None, "P222", "lattice is I with the old axes, and P 2 2 2 is P"),
        (" C 2y", "a+c,b,c", "C2", "another lattice"),  # I 2 it would be
    ],
)
def test_a_group_must_fit_cell_and_lattice(before, op, group, said):
    cell = (50, 70, 61, 90, 100 if before == " C 2y" else 90, 90)
    with pytest.raises(InputError, match=said):
        result_of(op, group, before, cell)


@pytest.mark.parametrize(
    ("before", "op", "after"),
    [
        (" P 2yb", "c,a,b", "P 1 1 21"),  # b became c: the group was called P 1 21 1 still
        (" C 2y", "a+c,b,c", "I 1 2 1"),
        (" C 2y", "-a-c,b,a", "A 1 2 1"),
        (" P 2ac 2ab", "b,c,a", "P 21 21 21"),
        (" P 2ac 2ab", "-a,c,b", "P 21 21 21"),
        (" P 2 2ab", "c,a,b", "P 2 21 21"),
        (" P 2 2ab", "b,c,a", "P 21 2 21"),
        (" R 3", "2/3*a+1/3*b+1/3*c,-1/3*a+1/3*b+1/3*c,-1/3*a-2/3*b+1/3*c", "R 3:R"),
    ],
)
def test_without_a_group_it_goes_with_its_axes(before, op, after):
    cell = {" R 3": (50, 50, 61, 90, 90, 120), " C 2y": (50, 70, 61, 90, 100, 90), " P 2yb": (50, 70, 61, 90, 100, 90)}
    found = result_of(op, None, before, cell.get(before, (50, 70, 61, 90, 90, 90)))
    assert space_group(found.hall_symbol).xhm() == after


def test_a_primitive_cell_of_a_centred_group_keeps_its_symmetry():
    found = result_of(
        "-1/2*a+1/2*b+1/2*c,1/2*a-1/2*b+1/2*c,1/2*a+1/2*b-1/2*c", None, " I 2 2 3", (78, 78, 78, 90, 90, 90)
    )
    assert len(centring_vectors(found.hall_symbol)) == 1
    assert len(rotations(found.hall_symbol)) == 12
    assert metric_misfit(found.vectors, rotations(found.hall_symbol)).max() < 1e-6


def test_the_cell_obeys_the_group_that_was_asked_for():
    found = result_of(None, "P43212", cell=(50, 50.3, 61, 90, 90.2, 90))
    np.testing.assert_allclose(found.cell, [50.15, 50.15, 61, 90, 90, 90], atol=2e-3)


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
    result = reindex(other.experiments, other.reflections, ReindexParams(), reference=Data(experiments, table))
    mine, _ = to_asu(result.reflections["miller_index"], "I 2 3")
    truth, _ = to_asu(table["miller_index"], "I 2 3")
    np.testing.assert_array_equal(mine, truth)
    assert_plain(result.summary)
    assert result.summary.choice[0].cc > 0.95
    assert result.summary.choice[-1].cc < 0.7  # indices that the ambiguity leaves alike still agree


def test_intensities_of_a_file_are_a_reference(given_pair):
    """Merged, of the same cell: the setting and the space group are had from it."""
    experiments, table = given_pair
    asu, _ = to_asu(table["miller_index"], "I 2 3")
    hkl, first = np.unique(asu, axis=0, return_index=True)
    cell = experiments[0].crystal.cell
    file = Reference(hkl.astype(np.int32), table["intensity.sum.value"][first], cell, " I 2b 2c 3")
    other = reindex(experiments, table, ReindexParams(change_of_basis_op="b,a,-c"))
    result = reindex(other.experiments, other.reflections, ReindexParams(), reference=as_data(file))
    np.testing.assert_array_equal(to_asu(result.reflections["miller_index"], "I 2 3")[0], asu)
    assert result.experiments[0].crystal.hall_symbol == " I 2b 2c 3"


def test_a_reference_of_another_cell_is_refused(given_pair):
    other = experiments_of(instrument()).map(
        lambda e: e.replace(crystal=crystal((50, 60, 70, 90, 90, 90), np.random.default_rng(2)))
    )
    with pytest.raises(InputError, match="no basis of this lattice has the reference's cell"):
        reindex(*given_pair, ReindexParams(), reference=Data(other, Reflections()))


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
