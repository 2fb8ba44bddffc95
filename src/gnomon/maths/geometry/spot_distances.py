"""The longest cell edge that the distances of neighbouring spots suggest."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from gnomon.maths.geometry.reciprocal_points import Points

PHI_BLOCK = np.deg2rad(45.0)  # rad: neighbours are looked for within so much rotation
LENGTHS_PER_BIN = 5  # of the histogram of lengths, on average
HEIGHT_FRACTION = 0.25  # of the highest bin, that the longest edge's bin must reach
TO_SPARE = 1.3  # times the longest edge that neighbours suggest is looked for
LEAST_DISTANCE = 0.1  # mm on the detector: two pixels of 50 um, below which spots run together and tell no cell edge


def neighbour_lengths(points: Points) -> np.ndarray:
    """(M,) Å: 1 / distance of each point to its nearest neighbour.

    Points of different sweeps, 45 degree blocks, and entering and exiting points are kept apart: errors of the
    geometry shift them against each other.
    """
    block = np.floor(points.phi / PHI_BLOCK).astype(int)
    key = (points.sweep.astype(int) * 1000 + block) * 2 + points.entering
    lengths = []
    for k in np.unique(key):
        rlp = points.rlp[key == k]
        if len(rlp) > 1:
            distance = cKDTree(rlp).query(rlp, k=2)[0][:, 1]
            lengths.append(1 / distance[distance > 0])
    return np.concatenate(lengths) if lengths else np.empty(0)


def max_cell(points: Points, min_cell: float = 3.0) -> float:
    """The longest cell edge (Å) that the spots suggest, with 30 % to spare; 0 when there are too few to tell.

    A histogram of neighbour distances on a log scale: the longest bin that reaches a quarter of the peak. Edges whose
    spots the detector could not hold apart are not suggested: nearer spots are parts of one, or one seen twice.
    """
    lengths = neighbour_lengths(points)
    longest = (
        1 / (LEAST_DISTANCE * float(np.median(np.linalg.norm(points.slope, axis=1).max(axis=1))))
        if len(points)
        else 0.0
    )
    lengths = lengths[(lengths > min_cell) & (lengths < longest)]
    if len(lengths) < LENGTHS_PER_BIN:
        return 0.0
    n_bins = max(1, len(lengths) // LENGTHS_PER_BIN)
    counts, edges = np.histogram(np.log(lengths), bins=min(n_bins, 200))
    tall = np.flatnonzero(counts >= HEIGHT_FRACTION * counts.max())
    return float(TO_SPARE * np.exp(edges[tall[-1] + 1]))
