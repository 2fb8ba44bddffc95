"""Lattice vectors of known length, from every direction.

Real-space grid search: Gildea et al. 2014, Acta D70, 2652.
"""

from __future__ import annotations

import numpy as np

GRID = 0.02  # rad
MOST_POINTS = 400
MOST_VECTORS = 30


def half_sphere(spacing: float) -> np.ndarray:
    """(n, 3) unit vectors about ``spacing`` rad apart with z >= 0: a spiral of equal areas."""
    n = int(np.ceil(4 * np.pi / spacing**2))
    k = np.arange(n // 2 + 1)
    z = np.clip(1 - (2 * k + 1) / n, 0, 1)
    angle = k * np.pi * (3 - np.sqrt(5))
    radius = np.sqrt(1 - z**2)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle), z])


def grid_vectors(rlp: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """(m, 3) Å: the best directions for each of ``lengths`` (Å), by |sum exp(2 pi i r . x)|² over points (N, 3).

    The modulus, not the cosine, so that the beam centre need not be right yet. Points are taken from the origin
    outwards, as far as the grid is fine enough (r x spacing < 1/4).
    """
    directions = half_sphere(GRID)
    order = np.argsort(np.linalg.norm(rlp, axis=1), kind="stable")
    found = []
    for length in np.unique(np.round(lengths, 2)):
        near = rlp[order]
        near = near[np.linalg.norm(near, axis=1) * length * GRID < 0.25][:MOST_POINTS]
        if len(near) < 10:
            near = rlp[order[:10]]
        phase = (2 * np.pi * length * directions).astype(np.float32) @ near.astype(np.float32).T
        power = np.cos(phase).sum(axis=1) ** 2 + np.sin(phase).sum(axis=1) ** 2
        found.append(_peaks(directions, power) * length)
    return np.concatenate(found)


def _peaks(directions: np.ndarray, power: np.ndarray) -> np.ndarray:
    """The directions of the highest power that are more than 2.5 grid spacings apart, signs aside."""
    kept: list[np.ndarray] = []
    for i in np.argsort(-power, kind="stable")[: 40 * MOST_VECTORS]:
        x = directions[i]
        if not kept or np.abs(np.array(kept) @ x).max() < np.cos(2.5 * GRID):
            kept.append(x)
        if len(kept) == MOST_VECTORS:
            break
    return np.array(kept)
