"""Lattice vectors made exact: refined against the points, scored, near-equal ones grouped, multiples removed."""

from __future__ import annotations

import numpy as np

TOLERANCE = 0.25


def phase_sum(rlp: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """(m,) mean over the points (N, 3) of cos(2 pi r . x) for vectors x (m, 3): 1 for a perfect lattice vector.

    Gildea et al. 2014, Acta D70, 2652, eq. 1.
    """
    phase = (2 * np.pi * rlp.astype(np.float32)) @ vectors.astype(np.float32).T
    return np.cos(phase).mean(axis=0)


def refined(rlp: np.ndarray, vectors: np.ndarray, d_min: float, n_cycles: int = 6) -> np.ndarray:
    """The vectors (m, 3) moved to the least squares of r . x from whole numbers, in growing resolution.

    Starts with points at half the resolution ``d_min`` of the transform: r . x must be right to a quarter for the
    whole number to be known. Each round doubles the d* limit at most.
    """
    order = np.argsort(np.einsum("ij,ij->i", rlp, rlp), kind="stable")
    rlp = rlp[order]
    d_star = np.sqrt(np.einsum("ij,ij->i", rlp, rlp))
    limits = np.minimum(0.5 / d_min * 1.5 ** np.arange(n_cycles), d_star[-1])
    vectors = vectors.copy()
    for limit in limits:
        count = max(np.searchsorted(d_star, limit, side="right"), min(len(rlp), 12))
        vectors = _one_cycle(rlp[:count], vectors)
    return vectors


def _one_cycle(rlp: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Each vector by one linear least squares over the points within a quarter of a whole number."""
    index = rlp @ vectors.T  # (N, m)
    nearest = np.rint(index)
    near = (np.abs(index - nearest) < TOLERANCE).astype(float)
    outer = (rlp[:, :, None] * rlp[:, None, :]).reshape(-1, 9)
    normal = (near.T @ outer).reshape(-1, 3, 3)
    right = (near * nearest).T @ rlp
    scale = np.trace(normal, axis1=1, axis2=2)[:, None, None]
    normal = normal + (1e-9 * scale + 1e-30) * np.eye(3)
    return np.linalg.solve(normal, right[:, :, None])[:, :, 0]


def distinct(vectors: np.ndarray, score: np.ndarray, apart: float) -> np.ndarray:
    """Indices of vectors that differ (in length or direction, signs aside) by more than ``apart`` Å; best first."""
    kept: list[int] = []
    for i in np.argsort(-score, kind="stable"):
        have = vectors[kept]
        gap = np.minimum(np.linalg.norm(have - vectors[i], axis=1), np.linalg.norm(have + vectors[i], axis=1))
        if not (gap < apart).any():
            kept.append(int(i))
    return np.array(kept, int)


def without_multiples(vectors: np.ndarray, score: np.ndarray, floor: float = 0.8) -> np.ndarray:
    """Indices of vectors that are not whole multiples of a shorter one that scores nearly as well."""
    length = np.linalg.norm(vectors, axis=1)
    kept = []
    for i, (x, size) in enumerate(zip(vectors, length)):
        ratio = (vectors @ x) / length**2
        whole = np.rint(ratio)
        parallel = np.linalg.norm(x - whole[:, None] * vectors, axis=1) < 0.05 * size
        is_multiple = parallel & (np.abs(whole) >= 2) & (score > floor * score[i])
        if not is_multiple.any():
            kept.append(i)
    return np.array(kept, int)
