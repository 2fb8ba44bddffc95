"""Cells as strains that symmetry allows."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.crystal.symmetry import rotations
from gnomon.maths.geometry_fit.metric import b_factor, invariant_metric, strain_basis, strained_b
from gnomon.models.crystal import cell_from_a_matrix

CELLS = {
    "P 1": ([31, 37, 43, 85, 101, 95], 6),
    "C 1 2 1": ([31, 37, 43, 90, 101, 90], 4),
    "P 21 21 21": ([31, 37, 43, 90, 90, 90], 3),
    "P 41": ([31, 31, 43, 90, 90, 90], 2),
    "P 61": ([31, 31, 43, 90, 90, 120], 2),
    "R 3:R": ([31, 31, 31, 101, 101, 101], 2),
    "I 2 3": ([78, 78, 78, 90, 90, 90], 1),
}


@pytest.mark.parametrize("symbol", CELLS)
def test_any_strain_keeps_the_crystal_system(symbol):
    cell, n = CELLS[symbol]
    B0 = b_factor(invariant_metric(b_matrix(np.array(cell, float)), rotations(symbol)))
    strains = strain_basis(B0, rotations(symbol))
    assert strains.shape == (n, 3, 3)
    np.testing.assert_allclose(np.einsum("aij,bij->ab", strains, strains), np.eye(n), atol=1e-12)
    q = np.random.default_rng(0).normal(size=(5, n)) * 0.02
    B, _ = strained_b(B0, strains, q)
    for b in B:
        metric = invariant_metric(b, rotations(symbol))
        np.testing.assert_allclose(metric, b.T @ b, rtol=1e-10, atol=1e-14)
    assert np.abs(cell_from_a_matrix(B) - cell).max() > 0.1


def test_slopes_of_b():
    cell, n = CELLS["P 1"]
    B0 = b_factor(invariant_metric(b_matrix(np.array(cell, float)), rotations("P 1")))
    strains = strain_basis(B0, rotations("P 1"))
    q, h = np.full((1, n), 0.01), 1e-6
    _, slopes = strained_b(B0, strains, q)
    for k in range(n):
        step = np.eye(n)[k : k + 1] * h
        numeric = (strained_b(B0, strains, q + step)[0] - strained_b(B0, strains, q - step)[0]) / (2 * h)
        np.testing.assert_allclose(slopes[0, k], numeric[0], atol=1e-11)


def test_a_distorted_crystal_is_brought_back_to_its_system():
    A = b_matrix(np.array([30.9, 31.1, 43, 90.2, 89.9, 90.1]))
    cell = cell_from_a_matrix(b_factor(invariant_metric(A, rotations("P 4"))))
    np.testing.assert_allclose(cell[[0, 3, 4, 5]], [cell[1], 90, 90, 90], atol=1e-10)
