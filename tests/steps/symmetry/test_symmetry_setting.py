"""Cells that obey their group, and reference settings."""

import numpy as np
import pytest

from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.crystal.symmetry import is_absent
from gnomon.maths.laue_group.setting import symmetrized, to_reference
from gnomon.models.crystal import cell_from_a_matrix
from gnomon.models.goniometer import rotation_about


@pytest.mark.parametrize("symbol", ["P 21 2 2", "P 2 21 2", "P 2 21 21", "P 21 2 21"])
def test_orthorhombic_groups_come_to_their_reference_setting(symbol):
    P, reference = to_reference(symbol)
    hkl = np.indices((9, 9, 9)).reshape(3, -1).T - 4
    moved = np.rint(hkl @ P).astype(int)
    assert np.linalg.det(P) == pytest.approx(1)
    np.testing.assert_array_equal(is_absent(hkl, symbol), is_absent(moved, reference))
    assert (is_absent(hkl, symbol) != is_absent(hkl, reference)).any()


def test_reference_settings_and_other_systems_stay():
    for symbol in ("P 21 21 2", "P 43 21 2", "I 1 2 1"):
        P, same = to_reference(symbol)
        np.testing.assert_array_equal(P, np.eye(3))
        assert same == symbol


def test_the_cell_obeys_and_the_orientation_stays():
    U = rotation_about(np.array([3.0, -1.0, 2.0]), 0.8)
    A = U @ b_matrix(np.array([50.1, 49.9, 80.0, 90.2, 89.9, 119.7]))
    points = np.stack([A, rotation_about(np.array([0, 0, 1.0]), 0.01) @ A])
    ideal = symmetrized(points, "P 61 2 2")
    for cell in cell_from_a_matrix(ideal):
        np.testing.assert_allclose(cell[3:], [90, 90, 120], atol=1e-9)
        assert cell[0] == pytest.approx(cell[1])
        assert cell[0] == pytest.approx(50.0, abs=0.1)
    turn = ideal[0] @ np.linalg.inv(A)
    assert np.abs(turn - np.eye(3)).max() < 5e-3
    np.testing.assert_allclose(symmetrized(ideal[0], "P 61 2 2"), ideal[0], atol=1e-12)
