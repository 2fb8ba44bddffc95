"""The cell that fits observed Bragg angles best: one linear least squares.

4 sin² theta / lambda² = h^T G* h, and a reciprocal metric that the point group allows is linear in its strains
(:mod:`gnomon.maths.geometry_fit.metric`), so that no start is needed and no cycle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.cell_uncertainty import cell_jacobian
from gnomon.maths.geometry_fit.metric import b_factor, invariant_metric, strain_basis, strained_b
from gnomon.models.crystal import cell_from_a_matrix

OUTLYING = 4.0
"""Robust standard deviations (1.48 times the median of |residual|), beyond which a reflection is an outlier."""
ROUNDS = 3
ZERO_SD = 1e-9  # degrees or Å: what symmetry fixes has an uncertainty of rounding alone


@dataclass(frozen=True, eq=False)
class CellFit:
    """The cell (6,) with uncertainties (6,), Å and degrees; the volume with its own; residuals (N,), rad; used (N,)."""

    cell: np.ndarray
    cell_sd: np.ndarray
    volume: float
    volume_sd: float
    residual: np.ndarray
    used: np.ndarray
    reduced_chi2: float


def fit_cell(
    hkl: np.ndarray, two_theta: np.ndarray, sigma: np.ndarray, wavelength: np.ndarray, A: np.ndarray,
    rotations: np.ndarray,
) -> CellFit:  # fmt: skip
    """The cell from ``two_theta`` (N,) rad with standard deviations ``sigma`` of indices (N, 3), without outliers.

    wavelength: (N,) Å; A: (3, 3), about which strains are counted; rotations: (n, 3, 3), of the group to be obeyed.
    Raises InputError where reflections are too few, or all in a plane.
    """
    B0 = b_factor(invariant_metric(A, rotations))
    strains = strain_basis(B0, rotations)
    r = hkl @ B0.T
    design = np.einsum("ni,kij,nj->nk", r, strains, r)  # of 4 sin² theta / lambda², beside |r|²
    per_angle = 2 * np.sin(two_theta) / wavelength**2
    observed = 4 * np.sin(two_theta / 2) ** 2 / wavelength**2 - (r**2).sum(axis=1)
    weight = 1 / (per_angle * sigma)
    used = np.ones(len(hkl), bool)
    for _ in range(ROUNDS):
        if used.sum() <= len(strains) or np.linalg.matrix_rank(design[used]) < len(strains):
            raise InputError(
                f"two_theta_refine has {used.sum()} reflections for a cell with {len(strains)} free parameters, or all "
                "in a plane; give more, or a higher symmetry"
            )
        X, y = design[used] * weight[used, None], observed[used] * weight[used]
        normal = np.linalg.inv(X.T @ X)
        q = normal @ (X.T @ y)
        residual = (observed - design @ q) / per_angle
        spread = 1.4826 * np.median(np.abs(residual[used] / sigma[used]))
        used = np.abs(residual / sigma) <= OUTLYING * max(spread, 1e-9)
    chi2 = float(np.sum((residual[used] / sigma[used]) ** 2) / max(used.sum() - len(q), 1))
    return _of_strains(B0, strains, q, normal * chi2, residual, used, chi2)


def _of_strains(
    B0: np.ndarray, strains: np.ndarray, q: np.ndarray, covariance: np.ndarray, residual: np.ndarray,
    used: np.ndarray, chi2: float,
) -> CellFit:  # fmt: skip
    """Cell and volume at the strains, their uncertainties by the covariance (n, n) of the strains."""
    B, dB = (values[0] for values in strained_b(B0, strains, q[None]))
    J = cell_jacobian(B) @ dB.reshape(len(q), 9).T
    sd = np.sqrt(np.einsum("ik,kl,il->i", J, covariance, J))
    volume = 1 / np.linalg.det(B)
    slope = -volume * np.einsum("ij,kji->k", np.linalg.inv(B), dB)
    volume_sd = float(np.sqrt(slope @ covariance @ slope))
    cell = cell_from_a_matrix(B)
    return CellFit(cell, np.where(sd < ZERO_SD, 0.0, sd), float(volume), volume_sd, residual, used, chi2)
