"""Candidates for the beam centre: points about which many spots lie in pairs.

The mate of a reflection, -h, is seen as far from the beam on its other side: for a detector that faces the beam, the
point half way between the two is the beam centre itself, whatever the lattice. Pairs of strangers lie anywhere.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

LARGEST_ANGLE = np.deg2rad(4.0)
"""rad between the two of a pair: h and -h are seen about two Bragg angles apart, so that spots of 15 Å and more pair
at 1 Å."""
CELL = 0.3
"""mm: width of the bins in which midpoints are counted, of the order of two pixels."""
MOST_SPOTS = 3000
"""Of a sweep, those nearest the beam first: millions of pairs tell no more."""


def friedel_centres(spots: list[np.ndarray], scope: float, most: int) -> list[np.ndarray]:
    """At most ``most`` points (2,) mm about which most spots lie in pairs, best first.

    spots: of each sweep, (N, 3): place relative to the present beam centre along the detector's axes, mm, and angle,
    rad. scope: mm, how far from the present centre. Points nearer to a better one than two bins are left out.
    """
    middles = np.concatenate([_midpoints(one, scope) for one in spots])
    if not len(middles):
        return []
    half = int(np.ceil(scope / CELL))
    edges = (np.arange(2 * half + 2) - half - 0.5) * CELL
    counts = np.histogram2d(middles[:, 0], middles[:, 1], bins=[edges, edges])[0]
    smooth = sum(np.roll(counts, (i, j), (0, 1)) for i in (-1, 0, 1) for j in (-1, 0, 1))
    found: list[np.ndarray] = []
    for flat in np.argsort(-smooth.ravel(), kind="stable"):
        i, j = np.unravel_index(int(flat), smooth.shape)
        if smooth[i, j] <= 0 or len(found) == most:
            break
        at = np.array([i - half, j - half]) * CELL
        if all(np.abs(at - other).max() > 2 * CELL for other in found):
            near = middles[np.abs(middles - at).max(axis=1) < 1.5 * CELL]
            found.append(near.mean(axis=0))
    return found


def _midpoints(spots: np.ndarray, scope: float) -> np.ndarray:
    """(M, 2) mm: points half way between spots seen nearly at once, those within ``scope`` of the present centre."""
    order = np.argsort(np.hypot(spots[:, 0], spots[:, 1]), kind="stable")[:MOST_SPOTS]
    xy, phi = spots[order, :2], spots[order, 2]
    wide = 2 * scope  # of a midpoint within the scope, a spot is within twice that of the other's mirror image
    scaled = np.column_stack([xy / wide, phi / LARGEST_ANGLE])
    mirrored = scaled * [-1, -1, 1]
    pairs = cKDTree(scaled).query_ball_point(mirrored, 1.0, p=np.inf, return_sorted=True)
    first = np.repeat(np.arange(len(xy)), [len(p) for p in pairs])
    second = np.concatenate([np.asarray(p, np.intp) for p in pairs]) if len(pairs) else first
    keep = first < second
    return (xy[first[keep]] + xy[second[keep]]) / 2
