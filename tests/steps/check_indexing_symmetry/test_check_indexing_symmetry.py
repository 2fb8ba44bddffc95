"""Operators that hold and that do not, and indices shifted by a known offset, on intensities of known symmetry."""

import numpy as np
import pytest
from diffract import instrument

from gnomon import check_indexing_symmetry
from gnomon.errors import InputError
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.crystal.symmetry import hall_symbol, is_absent, operations, space_group, to_asu
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.report.check_indexing_symmetry import describe

CELL = np.array([60.0, 60.0, 40.0, 90.0, 90.0, 90.0])


def data(true_group: str, told_group: str, shift=(0, 0, 0), noise=0.05):
    """Two thirds of the sphere of reflections of one group, told to have another, their indices ``shift`` off."""
    rng = np.random.default_rng(8)
    hkl = np.indices((17, 17, 11)).reshape(3, -1).T - [8, 8, 5]
    hkl = hkl[(hkl != 0).any(axis=1) & ~is_absent(hkl, space_group("P1")) & (rng.random(len(hkl)) < 0.67)]
    asu = to_asu(hkl, space_group(true_group))[0]
    _, unique = np.unique(asu, axis=0, return_inverse=True)
    I = rng.exponential(100.0, unique.max() + 1)[unique.ravel()]
    I = I * (1 + noise * rng.normal(size=len(I)))
    n = len(hkl)
    table = Reflections({
        "miller_index": hkl + np.array(shift), "id": np.zeros(n, int), "intensity.prf.value": I,
        "intensity.prf.variance": np.full(n, 4.0), "flags": np.full(n, np.uint64(Flag.INTEGRATED_PRF)),
    })  # fmt: skip
    crystal = Crystal(b_matrix(CELL), hall_symbol(space_group(told_group)))
    return Experiments.of([instrument().replace(crystal=crystal)]), table


def test_operators_of_a_subgroup_stand_out_and_name_it():
    result = check_indexing_symmetry(*data("P4", "P422"), symop_threshold=0.7)
    cc = {o.operator: o.cc for o in result.summary.operators}
    of_p4 = {op.triplet() for op in operations("P4").sym_ops}
    assert len(cc) == 8
    assert all(value > 0.97 for op, value in cc.items() if op in of_p4)
    # not zero: h 0 l and h h l have their images among their equivalents in P 4 too
    assert all(abs(value) < 0.4 for op, value in cc.items() if op not in of_p4)
    assert result.summary.derived_group == "P 4"
    assert "P 4" in describe(result.summary)


@pytest.mark.parametrize("asu", [False, True])
@pytest.mark.parametrize("shift", [(0, 0, 0), (1, 0, -1)])
def test_shifted_indices_are_found_out(shift, asu):
    experiments, table = data("P422", "P422", shift)
    result = check_indexing_symmetry(experiments, table, grid=1, asu=asu)
    back = tuple(-x for x in shift)
    assert len(result.summary.shifts) == 27
    assert result.summary.best_shift == back
    cc = {s.shift: s.cc for s in result.summary.shifts}
    assert cc[back] > 0.97
    # shifts along the fourfold axis leave it in its place, and half of the equivalents with it
    assert all(value < (0.85 if asu else 0.3) for s, value in cc.items() if s != back)
    words = describe(result.summary)
    assert ("hkl_offset=-1,0,1" if any(shift) else "agree best as they are") in words


def test_a_grid_along_one_axis_and_limits_of_resolution():
    experiments, table = data("P4", "P4")
    result = check_indexing_symmetry(experiments, table, grid_l=2, d_min=8.0, d_max=20.0)
    assert [s.shift for s in result.summary.shifts] == [(0, 0, l) for l in range(-2, 3)]
    d = 1 / np.linalg.norm(table["miller_index"] @ b_matrix(CELL).T, axis=1)
    identity = next(o for o in result.summary.operators if o.operator == "x,y,z")
    inside = table["miller_index"][(d >= 8) & (d <= 20)]
    assert identity.n == len(np.unique(to_asu(inside, "P 1")[0], axis=0))


def test_normalising_takes_away_what_resolution_alone_correlates():
    experiments, table = data("P1", "P422")
    d = 1 / np.linalg.norm(table["miller_index"] @ b_matrix(CELL).T, axis=1)
    table = table.with_columns({"intensity.prf.value": table["intensity.prf.value"] * np.exp(-200 / d**2)})
    raw, even = (check_indexing_symmetry(experiments, table, normalise=n).summary.operators for n in (False, True))
    false = [i for i, o in enumerate(raw) if o.operator != "x,y,z"]
    assert np.mean([raw[i].cc for i in false]) > 0.25
    assert abs(np.mean([even[i].cc for i in false])) < 0.1


def test_nothing_to_compare_is_told():
    experiments, table = data("P4", "P4")
    with pytest.raises(InputError, match="no indexed intensities within d_min and d_max"):
        check_indexing_symmetry(experiments, table, d_max=1.0)
