"""Lattices against gemmi's cells and against lattices of known symmetry in scrambled bases."""

import gemmi
import numpy as np
import pytest

from gnomon.maths.crystal.bravais import centred_on_c, metric_subgroups
from gnomon.maths.crystal.lattice import b_matrix, bases_like, d_spacing, lattice_symmetry, metric_misfit, niggli
from gnomon.maths.geometry.rotation_vectors import rotation_matrix
from gnomon.models.crystal import cell_from_a_matrix

CELLS = {
    "P 1": (30, 41, 52, 80, 85, 97), "P 1 2 1": (30, 40, 55, 90, 103, 90), "C 1 2 1": (130, 40, 57, 90, 95, 90),
    "P 2 2 2": (30, 40, 50, 90, 90, 90), "C 2 2 2": (30, 70, 50, 90, 90, 90), "I 2 2 2": (30, 50, 70, 90, 90, 90),
    "F 2 2 2": (30, 70, 90, 90, 90, 90), "P 4 2 2": (79, 79, 38, 90, 90, 90), "I 4 2 2": (58, 58, 150, 90, 90, 90),
    "P 6 2 2": (50, 50, 90, 90, 90, 120), "R 3 2:H": (82, 82, 34, 90, 90, 120), "P 4 3 2": (50, 50, 50, 90, 90, 90),
    "I 4 3 2": (78, 78, 78, 90, 90, 90), "F 4 3 2": (150, 150, 150, 90, 90, 90),
}  # fmt: skip


def scrambled(symbol: str, seed: int) -> np.ndarray:
    """A of the primitive lattice in a random basis, its metric off by 2e-4."""
    rng = np.random.default_rng(seed)
    group = gemmi.SpaceGroup(symbol)
    A = b_matrix(np.array(CELLS[symbol], float))
    if group.centring_type() != "P":
        A = A @ np.linalg.inv(np.array(group.centred_to_primitive().rot) / gemmi.Op.DEN).T
    for _ in range(3):
        i, j = rng.choice(3, 2, replace=False)
        shear = np.eye(3)
        shear[i, j] = rng.integers(-1, 2)
        A = A @ np.linalg.inv(shear).T
    return (np.eye(3) + rng.normal(size=(3, 3)) * 2e-4) @ A


@pytest.mark.parametrize("symbol", CELLS)
def test_highest_lattice_and_its_cell(symbol):
    for seed in range(3):
        A = scrambled(symbol, seed)
        top = metric_subgroups(A, 0.5)[0]
        assert top.group.xhm() == symbol
        cell = cell_from_a_matrix(A @ np.linalg.inv(top.P).T)
        expected = np.array(CELLS[symbol], float)
        if symbol == "P 1":
            assert np.linalg.det(A) == pytest.approx(np.linalg.det(A @ np.linalg.inv(top.P).T))
        else:
            assert np.abs(cell - expected).max() < 0.3


def test_settings_carry_indices_with_the_basis():
    A = scrambled("I 4 3 2", 1)
    hkl = np.random.default_rng(2).integers(-5, 6, (10, 3))
    for setting in metric_subgroups(A, 1.0):
        there = A @ np.linalg.inv(setting.P).T
        assert np.allclose(hkl @ A.T, (hkl @ setting.P) @ there.T)


def test_b_matrix_and_resolution_agree_with_gemmi():
    cell = np.array([50, 60, 70, 80, 95, 105.0])
    B = b_matrix(cell)
    assert np.allclose(cell_from_a_matrix(B), cell)
    assert B[1, 0] == B[2, 0] == B[2, 1] == 0  # a* along x
    assert d_spacing(np.array([[1, 2, 3]]), cell)[0] == pytest.approx(gemmi.UnitCell(*cell).calculate_d((1, 2, 3)))


def test_niggli_change_of_basis():
    A = scrambled("P 1", 3)
    reduced, P = niggli(A)
    assert np.allclose(np.linalg.inv(reduced), P.T @ np.linalg.inv(A))


@pytest.mark.parametrize(
    ("symbol", "order"), [("P 1", 1), ("C 1 2 1", 2), ("P 4 2 2", 8), ("P 6 2 2", 12), ("I 4 3 2", 24)]
)
def test_order_of_the_holohedry(symbol, order):
    A = scrambled(symbol, 5)
    W, misfit = lattice_symmetry(A, 0.5)
    assert len(W) == order
    assert (W[0] == np.eye(3)).all()
    assert np.allclose(metric_misfit(np.linalg.inv(A), W), misfit, atol=0.1)


@pytest.mark.parametrize(
    ("cell", "order"), [((42, 58, 66, 90, 103, 90), 2), ((79, 79, 38, 90, 90, 90), 8), ((35, 42, 50, 80, 95, 108), 1)]
)
def test_bases_like_another_are_as_many_as_its_symmetry_and_one_is_its_own(cell, order):
    reference = b_matrix(np.array(cell, float))
    turn = rotation_matrix(np.array([0.2, -0.9, 0.5]))
    other = turn @ reference @ np.linalg.inv(np.array([[1, 1, 0], [0, -1, 0], [0, 0, -1]])).T  # another basis of it
    found = bases_like(other, reference)
    assert len(found) == order
    assert min(np.abs(basis - turn @ reference).max() for basis in found) < 1e-9
    assert len(bases_like(1.3 * other, reference)) == 0


@pytest.mark.parametrize("beta", [92.0, 99.0, 118.0])
def test_a_body_centred_monoclinic_lattice_has_a_c_centred_cell(beta):
    cell = gemmi.UnitCell(61.0, 48.0, 75.0, 90.0, beta, 90.0)
    to_primitive = np.array([[-0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.5, 0.5, -0.5]]).T  # of an I cell
    A = np.linalg.inv((np.array(cell.orth.mat.tolist()) @ to_primitive).T)
    found = {s.bravais_type: s for s in metric_subgroups(A, 0.5)}
    least_oblique = next(s for name, s in found.items() if name.startswith("m"))
    assert (least_oblique.bravais_type == "mI") == (beta < 100)
    setting = centred_on_c(least_oblique, A)
    assert (setting.group.hm, setting.bravais_type) == ("C 1 2 1", "mC")
    a, b, c = setting.P.T @ np.linalg.inv(A)
    assert np.linalg.det([a, b, c]) == pytest.approx(cell.volume)
    assert [a @ b, c @ b] == pytest.approx([0, 0], abs=1e-6)
    assert a @ c < 0
    half = (a + b) / 2 @ A  # in the primitive basis: a point of the lattice
    np.testing.assert_allclose(half, np.rint(half), atol=1e-6)
