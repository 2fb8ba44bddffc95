"""Standard uncertainties of the unit cell from the covariance of B."""

from __future__ import annotations

import numpy as np

from gnomon.models.crystal import Crystal


def b_lower(cell: np.ndarray) -> np.ndarray:
    """B (3, 3), 1/Å, with the real axis a along x: lower triangular, the frame of ``B_covariance`` in ``.expt``.

    cell: (6,), Å and degrees. It differs from Busing & Levy's upper triangular B by a rotation.
    """
    lengths, cosines = np.asarray(cell[:3], float), np.cos(np.deg2rad(cell[3:]))
    pairs = np.array([[1, cosines[2], cosines[1]], [cosines[2], 1, cosines[0]], [cosines[1], cosines[0], 1]])
    real = np.linalg.cholesky(np.outer(lengths, lengths) * pairs)  # rows a, b, c; a along x, b in the xy plane
    return np.linalg.inv(real)


def cell_jacobian(B: np.ndarray) -> np.ndarray:
    """(6, 9): derivatives of a, b, c (Å) and alpha, beta, gamma (degrees) by the elements of B, row by row.

    With G* = B^T B and G its inverse, dG = -G dG* G; lengths are sqrt(G_ii), cosines G_ij / sqrt(G_ii G_jj).
    """
    G = np.linalg.inv(B.T @ B)
    lengths = np.sqrt(np.diagonal(G))
    rows = np.zeros((6, 9))
    for element in range(9):
        dB = np.zeros((3, 3))
        dB.flat[element] = 1
        dG = -G @ (dB.T @ B + B.T @ dB) @ G
        d_lengths = np.diagonal(dG) / (2 * lengths)
        rows[:3, element] = d_lengths
        for row, (i, j) in enumerate(((1, 2), (0, 2), (0, 1)), start=3):
            product = lengths[i] * lengths[j]
            cosine = G[i, j] / product
            d_cosine = dG[i, j] / product - cosine * (d_lengths[i] / lengths[i] + d_lengths[j] / lengths[j])
            rows[row, element] = np.rad2deg(-d_cosine / np.sqrt(1 - cosine**2))
    return rows


def cell_sd(crystal: Crystal) -> np.ndarray | None:
    """(6,) uncertainties of the cell, Å and degrees; None where the crystal has none."""
    if crystal.cell_parameter_sd is not None:
        return crystal.cell_parameter_sd
    if crystal.B_covariance is None:
        return None
    J = cell_jacobian(b_lower(crystal.cell))
    return np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", J, crystal.B_covariance, J), 0))
