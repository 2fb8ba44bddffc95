"""The beam centre from the spots: shifts of the detector that bring the points onto lattices through the origin.

Sauter, Grosse-Kunstleve & Adams 2004, J. Appl. Cryst. 37, 399. The heights |F(x)|² of the Fourier peaks hardly
depend on the beam centre, their phases do: with the origin in its place every lattice vector x has r . x whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.steps.index.points import Points

MOST_POINTS = 600
MOST_VECTORS = 24


@dataclass(frozen=True, eq=False)
class BeamShift:
    """A shift (2,) mm of the detector along its axes, and the mean cosine over points and vectors that it reaches."""

    shift: np.ndarray
    score: float


def score_map(points: Points, vectors: np.ndarray, scope: float, step: float) -> tuple[np.ndarray, np.ndarray]:
    """(n,) mm grid along each axis and (n, n) mean of cos 2 pi (r + J t) . x over points and vectors x, Å.

    exp(2 pi i J t . x) factorises over the two components of t, so the map is one matrix product.
    """
    half = int(np.ceil(scope / step))
    grid = np.arange(-half, half + 1) * step
    phase = (points.rlp @ vectors.T).ravel()
    rate = np.einsum("nik,mi->nmk", points.slope, vectors).reshape(-1, 2)
    start = np.exp(2j * np.pi * phase).astype(np.complex64)
    one, other = (np.exp(2j * np.pi * np.outer(grid, rate[:, k])).astype(np.complex64) for k in (0, 1))
    return grid, ((one * start) @ other.T).real / len(start)


def beam_shifts(points: Points, vectors: np.ndarray, scope: float, most: int = 4) -> list[BeamShift]:
    """The local maxima of the score within ``scope`` mm, best first, with no shift at all always among them.

    vectors: (m, 3) Å as the transform gave them. The step is a quarter of a period of the fastest phase.
    """
    vectors = vectors[:MOST_VECTORS]
    points = points.thinned(MOST_POINTS)
    rate = np.abs(np.einsum("nik,mi->nmk", points.slope, vectors))
    step = float(np.clip(0.25 / np.percentile(rate, 95), scope / 60, scope / 4))
    grid, score = score_map(points, vectors, scope, step)
    middle = len(grid) // 2
    shifts = [BeamShift(np.zeros(2), float(score[middle, middle]))]
    for i, j in _local_maxima(score)[:most]:
        best = _polished(points, vectors, np.array([grid[i], grid[j]]), step)
        shifts.append(BeamShift(best, _score(points, vectors, best)))
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


def _score(points: Points, vectors: np.ndarray, shift: np.ndarray) -> float:
    return float(np.cos(2 * np.pi * (points.moved(shift).rlp @ vectors.T)).mean())


def _polished(points: Points, vectors: np.ndarray, shift: np.ndarray, step: float) -> np.ndarray:
    """The maximum near ``shift``: finer and finer 5 x 5 grids."""
    for _ in range(3):
        grid, score = score_map(points.moved(shift), vectors, step, step / 2)
        i, j = np.unravel_index(int(score.argmax()), score.shape)
        shift = shift + np.array([grid[i], grid[j]])
        step /= 2
    return shift
