"""Cell uncertainties from the covariance of B."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.maths.crystal.cell_uncertainty import b_lower, cell_jacobian, cell_sd
from gnomon.models.crystal import Crystal, cell_from_a_matrix

CELL = np.array([5.4, 8.1, 12.0, 88.0, 95.0, 103.0])


def test_b_has_a_along_x() -> None:
    B = b_lower(CELL)
    np.testing.assert_allclose(np.triu(B, 1), 0, atol=1e-12)
    np.testing.assert_allclose(cell_from_a_matrix(B), CELL)


def test_the_jacobian_is_the_slope() -> None:
    B, step = b_lower(CELL), 1e-7
    J = cell_jacobian(B)
    for i in range(9):
        dB = np.zeros(9)
        dB[i] = step
        dB = dB.reshape(3, 3)
        slope = (cell_from_a_matrix(B + dB) - cell_from_a_matrix(B - dB)) / (2 * step)
        np.testing.assert_allclose(J[:, i], slope, rtol=1e-5, atol=1e-3)


def test_scatter_of_b_gives_the_scatter_of_the_cell() -> None:
    rng = np.random.default_rng(1)
    B = b_lower(CELL)
    spread = np.tril(rng.random((3, 3))) * 1e-6
    samples = cell_from_a_matrix(B + spread * rng.standard_normal((4000, 3, 3)))
    found = cell_sd(Crystal(B, B_covariance=np.diag(spread.ravel() ** 2)))
    np.testing.assert_allclose(found, samples.std(axis=0), rtol=0.06)


def test_no_covariance_no_uncertainty() -> None:
    assert cell_sd(Crystal(b_lower(CELL))) is None
    given = np.full(6, 0.1)
    assert cell_sd(Crystal(b_lower(CELL), cell_parameter_sd=given)) == pytest.approx(given)
