"""The beam centre from shifts of the detector that bring the points onto lattices through the origin.

Sauter, Grosse-Kunstleve & Adams 2004, J. Appl. Cryst. 37, 399. The heights |F(x)|² of the Fourier peaks hardly
depend on the beam centre, their phases do: with the origin in its place every lattice vector x has r . x whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.maths.geometry.reciprocal_points import Points

MOST_BEAM_POINTS = 600  # points and vectors by which the beam centre is looked for
MOST_BEAM_VECTORS = 24

Lattice = tuple[Points, np.ndarray]
"""The points of one crystal, and lattice vectors (m, 3) of them, Å."""


@dataclass(frozen=True, eq=False)
class BeamShift:
    """A shift (2,) mm of the detector along its axes, and the mean cosine over points and vectors that it reaches."""

    shift: np.ndarray
    score: float


def score_map(lattices: Sequence[Lattice], scope: float, step: float) -> tuple[np.ndarray, np.ndarray]:
    """(n,) mm grid along each axis and (n, n) mean of cos 2 pi (r + J t) . x over points and vectors x, Å.

    Each lattice has points and vectors of its own; all have one detector, moved by t.
    """
    half = int(np.ceil(scope / step))
    grid = np.arange(-half, half + 1) * step
    sums, counts = zip(*(_sum_map(grid, *lattice) for lattice in lattices))
    return grid, sum(sums[1:], sums[0]) / sum(counts)


def _sum_map(grid: np.ndarray, points: Points, vectors: np.ndarray) -> tuple[np.ndarray, int]:
    """(n, n) sum of the cosines over points and vectors at each shift of the grid (n,) mm, and how many they are.

    exp(2 pi i J t . x) factorises over the two components of t, so the map is one matrix product.
    """
    phase = (points.rlp @ vectors.T).ravel()
    rate = np.einsum("nik,mi->nmk", points.slope, vectors).reshape(-1, 2)
    start = np.exp(2j * np.pi * phase).astype(np.complex64)
    one, other = (np.exp(2j * np.pi * np.outer(grid, rate[:, k])).astype(np.complex64) for k in (0, 1))
    return ((one * start) @ other.T).real, len(start)


def beam_shifts(lattices: Sequence[Lattice], scope: float, most: int = 4) -> list[BeamShift]:
    """The local maxima of the score within ``scope`` mm, best first, with no shift at all always among them.

    Vectors are as the transform gave them. The step is a quarter of a period of the fastest phase.
    """
    lattices = [(points.thinned(MOST_BEAM_POINTS), vectors[:MOST_BEAM_VECTORS]) for points, vectors in lattices]
    rates = [np.abs(np.einsum("nik,mi->nmk", points.slope, vectors)).ravel() for points, vectors in lattices]
    step = float(np.clip(0.25 / np.percentile(np.concatenate(rates), 95), scope / 60, scope / 4))
    grid, score = score_map(lattices, scope, step)
    middle = len(grid) // 2
    shifts = [BeamShift(np.zeros(2), float(score[middle, middle]))]
    for i, j in _local_maxima(score)[:most]:
        best = _refined_shift(lattices, np.array([grid[i], grid[j]]), step)
        shifts.append(BeamShift(best, _mean_cosine(lattices, best)))
    return sorted(shifts, key=lambda s: -s.score)


def _local_maxima(score: np.ndarray) -> np.ndarray:
    """(m, 2) grid points higher than their eight neighbours, highest first."""
    padded = np.pad(score, 1, constant_values=-np.inf)
    n = len(score)
    peak = np.ones_like(score, bool)
    for di, dj in ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)):
        peak &= score >= padded[1 + di : n + 1 + di, 1 + dj : n + 1 + dj]
    at = np.argwhere(peak)
    return at[np.argsort(-score[peak], kind="stable")]


def _mean_cosine(lattices: Sequence[Lattice], shift: np.ndarray) -> float:
    cosines = [np.cos(2 * np.pi * (points.moved(shift).rlp @ vectors.T)) for points, vectors in lattices]
    return float(sum(c.sum() for c in cosines) / sum(c.size for c in cosines))


def _refined_shift(lattices: Sequence[Lattice], shift: np.ndarray, step: float) -> np.ndarray:
    """The maximum near ``shift``: finer and finer 5 x 5 grids."""
    for _ in range(3):
        grid, score = score_map([(points.moved(shift), vectors) for points, vectors in lattices], step, step / 2)
        i, j = np.unravel_index(int(score.argmax()), score.shape)
        shift = shift + np.array([grid[i], grid[j]])
        step /= 2
    return shift
