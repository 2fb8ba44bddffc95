"""Indices that the symmetry of the lattice joins, whatever that of the crystal is: twin mates among them."""

from __future__ import annotations

import numpy as np

from gnomon.maths.crystal.bravais import metric_subgroups
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.laue_group.common_basis import reduced_basis
from gnomon.models.crystal import Crystal

MAX_DELTA = 3.0
"""Degrees that the metric may be from a symmetry: twins by pseudo-merohedry are common to two (Le Page 1982)."""


def lattice_rotations(cell: np.ndarray, hall_symbol: str, max_delta: float = MAX_DELTA) -> np.ndarray:
    """(n, 3, 3) rotations W of the highest symmetry of the lattice, for indices h' = h W; those of P 4 2 2 for P 43.

    Of whole indices that the centring allows they make whole ones, though W may have fractions.
    """
    reduced, P = reduced_basis(Crystal(b_matrix(cell), hall_symbol))
    W = metric_subgroups(reduced, max_delta)[0].rotations
    return np.asarray(P @ W @ np.linalg.inv(P))


def index_keys(hkl: np.ndarray) -> np.ndarray:
    """(...,) int64, one a different index, of indices (..., 3) within +-2^19; in the order of h, then k, then l."""
    part = np.asarray(hkl).astype(np.int64) + (1 << 19)
    return np.asarray((part[..., 0] << 40) | (part[..., 1] << 20) | part[..., 2])


def images(hkl: np.ndarray, W: np.ndarray) -> np.ndarray:
    """(n, N, 3) int, where each of n rotations takes each of N indices."""
    return np.rint(np.asarray(hkl) @ W).astype(np.int64)


_BASE = 1 << 16
"""Of the digits of one number that stands for an index: h 2^32 + k 2^16 + l, exact in 64 bits of a real number."""


def representatives(hkl: np.ndarray, W: np.ndarray) -> np.ndarray:
    """(N, 3) int: the greatest (by h, then k, then l) of all that the rotations (n, 3, 3) and inversion make of each.

    The number that stands for an index is linear in it, and changes its sign with the index: the greatest of h W and
    -h W over all W is that of the greatest |h . (W b)|, b = (2^32, 2^16, 1).
    """
    given = np.asarray(hkl, float)
    best = np.zeros(len(given))
    for row in np.unique(np.asarray(W, float) @ np.array([_BASE**2, _BASE, 1.0]), axis=0):
        np.maximum(best, np.abs(given @ row), out=best)
    return _digits(np.rint(best).astype(np.int64))


def _digits(number: np.ndarray) -> np.ndarray:
    """(N, 3) the indices that numbers (N,) stand for; each below 2^15."""
    half, places = _BASE // 2, []
    for _ in range(2):
        low = (number + half) % _BASE - half
        places.append(low)
        number = (number - low) // _BASE
    return np.column_stack([number, places[1], places[0]])
