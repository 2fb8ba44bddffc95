"""The unit cell as a strain that the point group allows.

The reciprocal metric is G* = B0^T (1 + sum q_k E_k) B0: with an orthonormal basis E_k of the symmetric matrices
that every rotation of the group leaves alone, any values q give a cell of the right system. B is the lower
triangular factor, G* = B^T B, whose frame has the real axis a along x: the frame of ``B_covariance`` in ``.expt``.
"""

from __future__ import annotations

import numpy as np

_PAIRS = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))


def b_factor(G: np.ndarray) -> np.ndarray:
    """Lower triangular B (..., 3, 3) with B^T B = ``G`` (..., 3, 3), a reciprocal metric in 1/Å^2."""
    return np.linalg.inv(np.linalg.cholesky(np.linalg.inv(G)))


def invariant_metric(A: np.ndarray, rotations: np.ndarray) -> np.ndarray:
    """The reciprocal metric of ``A`` (3, 3), averaged over the point group.

    rotations: (n, 3, 3) int W with h' = h @ W, so that h G h^T = h' G h'^T asks for G = W G W^T.
    """
    G = A.T @ A
    W = rotations.astype(float)
    return (W @ G @ W.transpose(0, 2, 1)).mean(axis=0)


def strain_basis(B: np.ndarray, rotations: np.ndarray) -> np.ndarray:
    """(n, 3, 3) orthonormal symmetric E with R^T E R = E for the Cartesian rotations R = B W^T B^-1 of the group.

    n is 6 for triclinic, 4 for monoclinic, 3 for orthorhombic, 2 for uniaxial and 1 for cubic cells. The
    projector on them is the average over the group of E -> R^T E R.
    """
    units = np.zeros((6, 3, 3))
    for unit, (i, j) in zip(units, _PAIRS):
        unit[i, j] = unit[j, i] = 1.0 if i == j else np.sqrt(0.5)
    R = B @ rotations.transpose(0, 2, 1) @ np.linalg.inv(B)
    turned = np.einsum("nji,ujk,nkl->uil", R, units, R) / len(R)
    projector = np.einsum("uij,vij->uv", units, turned)
    values, vectors = np.linalg.eigh((projector + projector.T) / 2)
    keep = vectors[:, values > 0.5].T
    # eigenvectors of a multiple eigenvalue are any rotation of each other: the reduced echelon form is unique
    return np.einsum("ku,uij->kij", _orthonormal_echelon(keep), units)


def _orthonormal_echelon(rows: np.ndarray) -> np.ndarray:
    """An orthonormal basis of the same row space that depends on the space alone."""
    projector = rows.T @ rows
    basis: list[np.ndarray] = []
    for row in projector:
        rest = row - sum((b * (b @ row) for b in basis), np.zeros_like(row))
        if np.linalg.norm(rest) > 1e-6:
            basis.append(rest / np.linalg.norm(rest))
    return np.array(basis)


def strained_b(B0: np.ndarray, strains: np.ndarray, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """B (m, 3, 3) and dB/dq (m, n, 3, 3) at the strains ``q`` (m, n) along ``strains`` (n, 3, 3).

    From dG = dB^T B + B^T dB, dB B^-1 is the lower triangle of B^-T dG B^-1 with its diagonal halved.
    """
    half = np.tril(np.ones((3, 3)), -1) + 0.5 * np.eye(3)
    dG = B0.T @ strains @ B0
    B = b_factor(B0.T @ B0 + np.einsum("mk,kij->mij", q, dG))
    inverse = np.linalg.inv(B)[:, None]
    return B, (inverse.swapaxes(-1, -2) @ dG @ inverse * half) @ B[:, None]
