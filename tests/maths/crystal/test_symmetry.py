"""The vectorised door agrees with gemmi's scalar functions in every tabulated setting."""

import gemmi
import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.maths.crystal.symmetry import (
    epsilon,
    hall_symbol,
    is_absent,
    is_centric,
    operations,
    rotations,
    space_group,
    to_asu,
)

HKL = np.random.default_rng(0).integers(-6, 7, (40, 3))


def test_every_tabulated_setting_agrees_with_gemmi():
    for group in gemmi.spacegroup_table():
        ops, unit = group.operations(), gemmi.ReciprocalAsu(group)
        mapped, isym = to_asu(HKL, group)
        absent, eps, centric = is_absent(HKL, group), epsilon(HKL, group), is_centric(HKL, group)
        for j, hkl in enumerate(HKL.tolist()):
            expected, number = unit.to_asu(hkl, ops)
            assert (list(expected), number) == (mapped[j].tolist(), isym[j]), group.xhm()
            assert ops.is_systematically_absent(hkl) == absent[j], group.xhm()
            assert ops.epsilon_factor_without_centering(hkl) == eps[j], group.xhm()
            assert ops.is_reflection_centric(hkl) == centric[j], group.xhm()


def test_untabulated_setting_groups_equivalents_together():
    hall = " R 3 (-y+z,x+z,-x+y+z)"  # a rhombohedral setting as old files have it
    mapped, _ = to_asu(HKL, hall)
    for W in rotations(hall):
        assert (to_asu(HKL @ W, hall)[0] == mapped).all()
        assert (to_asu(-(HKL @ W), hall)[0] == mapped).all()


@pytest.mark.parametrize("symbol", ["P212121", "19", " P 2ac 2ab", "P 21 21 21"])
def test_symbols_of_one_group(symbol):
    assert hall_symbol(space_group(symbol)) == " P 2ac 2ab"


def test_unknown_symbol_is_one_clear_line():
    with pytest.raises(InputError, match="unknown space group 'Q 42'"):
        operations("Q 42")


def test_every_tabulated_hall_symbol_is_read_as_one() -> None:
    for group in gemmi.spacegroup_table():  # " P 4 2" must not be taken for the name P 42
        read = operations(hall_symbol(group))
        assert {op.triplet() for op in read} == {op.triplet() for op in group.operations()}, group.xhm()
