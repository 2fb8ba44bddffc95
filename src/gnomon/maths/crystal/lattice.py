"""Lattices: the B matrix, resolution, reduction, and the symmetry of the metric."""

from __future__ import annotations

from functools import cache

import gemmi
import numpy as np

from gnomon.models.crystal import cell_from_a_matrix


def b_matrix(cell: np.ndarray) -> np.ndarray:
    """B (3, 3), 1/Å, of a cell (a, b, c in Å, angles in degrees): a* along x, b* in the xy plane.

    Busing & Levy 1967, Acta Cryst. 22, 457, eq. 3.
    """
    a, b, c = cell[:3]
    ca, cb, cg = np.cos(np.deg2rad(cell[3:]))
    sg = np.sqrt(1 - cg**2)
    # columns of the orthogonalisation matrix with a along x; its inverse transpose has c* along z
    volume = a * b * c * np.sqrt(1 - ca**2 - cb**2 - cg**2 + 2 * ca * cb * cg)
    a_star, b_star = b * c * np.sqrt(1 - ca**2) / volume, a * c * np.sqrt(1 - cb**2) / volume
    c_star = a * b * sg / volume
    cb_star = (ca * cg - cb) / (np.sqrt(1 - ca**2) * sg)
    cg_star = (ca * cb - cg) / (np.sqrt(1 - ca**2) * np.sqrt(1 - cb**2))
    return np.array(
        [
            [a_star, b_star * cg_star, c_star * cb_star],
            [0.0, b_star * np.sqrt(1 - cg_star**2), -c_star * np.sqrt(1 - cb_star**2) * ca],
            [0.0, 0.0, 1 / c],
        ]
    )


def d_spacing(hkl: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """(N,) resolution in Å of indices (N, 3): 1 / |B h|; inf for 0 0 0."""
    with np.errstate(divide="ignore"):
        return 1 / np.linalg.norm(np.asarray(hkl) @ b_matrix(np.asarray(cell)).T, axis=1)


def niggli(A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A (3, 3) of the Niggli-reduced basis, and P (3, 3) int with (a', b', c') = (a, b, c) P.

    Niggli reduction as in Krivy & Gruber 1976 and Grosse-Kunstleve et al. 2004 (Acta A60, 1), by gemmi.
    """
    cell = gemmi.UnitCell(*cell_from_a_matrix(A))
    vector = gemmi.GruberVector(cell, "P", track_change_of_basis=True)
    vector.niggli_reduce()
    P = np.rint(np.array(vector.change_of_basis.rot) / gemmi.Op.DEN).astype(int)
    if np.linalg.det(P) < 0:  # keep the hand of the axes
        P = -P
    return A @ np.linalg.inv(P).T, P


@cache
def _candidates() -> np.ndarray:
    """Every (3, 3) matrix of -1, 0, 1 with determinant 1 that some power of up to six returns to the identity."""
    digits = np.indices((3,) * 9).reshape(9, -1).T - 1
    W = digits.reshape(-1, 3, 3)
    W = W[np.rint(np.linalg.det(W)) == 1]
    twelfth = np.linalg.matrix_power(W, 12)  # orders 1, 2, 3, 4 and 6 all divide 12
    return W[(twelfth == np.eye(3, dtype=int)).all(axis=(1, 2))]


def metric_misfit(real_space: np.ndarray, W: np.ndarray) -> np.ndarray:
    """(n,) degrees by which operations W (n, 3, 3) fail to be rotations of the basis (rows a, b, c, in Å).

    W taken to Cartesian axes has singular values s; the misfit is atan((s1 - s3) / (s1 + s3)), which for a
    twofold axis is the angle of Le Page 1982 (J. Appl. Cryst. 15, 255).
    """
    L = real_space.T
    s = np.linalg.svd(L @ W @ np.linalg.inv(L), compute_uv=False)
    return np.rad2deg(np.arctan((s[:, 0] - s[:, 2]) / (s[:, 0] + s[:, 2])))


def lattice_symmetry(A: np.ndarray, max_delta: float = 5.0) -> tuple[np.ndarray, np.ndarray]:
    """Rotations W (n, 3, 3) int of the metric in the basis of A, x' = W x, and their misfits (n,) in degrees.

    Sorted by misfit; the identity is first. A need not be reduced, but must be primitive.
    """
    reduced, P = niggli(A)
    W = _candidates()
    misfit = metric_misfit(np.linalg.inv(reduced), W)
    order = np.flatnonzero(misfit <= max_delta)
    is_identity = (W[order] == np.eye(3, dtype=int)).all(axis=(1, 2))
    order = order[np.lexsort((order, misfit[order].round(9), ~is_identity))]
    in_basis = np.rint(P @ W[order] @ np.linalg.inv(P)).astype(int)
    return in_basis, misfit[order]


def bases_like(A: np.ndarray, reference: np.ndarray, max_delta: float = 3.0, volume: float = 0.1) -> np.ndarray:
    """(n, 3, 3) every primitive basis of A's lattice that is the ``reference`` (3, 3) basis but for a rotation.

    All of them where symmetry allows several, none where the cells differ. Both are primitive, 1/Å. max_delta: degrees,
    as in :func:`metric_misfit`; volume: largest relative difference of the cell volumes. Reduced cells of one lattice
    may differ (an angle near 90 degrees turns either way), so that bases are compared, not reduced cells.
    """
    if abs(np.linalg.det(A) / np.linalg.det(reference) - 1) > volume:
        return np.empty((0, 3, 3))
    real, P = np.linalg.inv(niggli(A)[0]), niggli(reference)[1]
    wanted = P.T @ np.linalg.inv(reference)
    v = np.indices((5,) * 3).reshape(3, -1).T - 2
    x = v @ real
    length = np.linalg.norm(x, axis=1)
    near = [v[np.abs(length / edge - 1) < 2 * np.deg2rad(max_delta)] for edge in np.linalg.norm(wanted, axis=1)]
    every = np.indices(tuple(map(len, near))).reshape(3, -1)
    W = np.stack([vectors[k] for vectors, k in zip(near, every)], axis=1)
    W = W[np.rint(np.linalg.det(W)) == 1]
    strain = np.linalg.inv(wanted) @ (W @ real)  # of the wanted basis, row vectors
    s = np.linalg.svd(strain, compute_uv=False)
    W = W[np.rad2deg(np.arctan((s[:, 0] - s[:, 2]) / (s[:, 0] + s[:, 2]))) <= max_delta]
    return np.linalg.inv(np.linalg.inv(P.T) @ W @ real)
