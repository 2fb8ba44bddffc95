"""From points to lattices: cell range, transform, beam centre, lattice vectors, candidates.

The beam centre comes from shifts of the detector that bring the points onto lattices through the origin (Sauter,
Grosse-Kunstleve & Adams 2004, J. Appl. Cryst. 37, 399). The heights |F(x)|² of the Fourier peaks hardly
depend on the beam centre, their phases do: with the origin in its place every lattice vector x has r . x whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from gnomon.steps.index.candidate_lattices import CandidateLattice, candidate_lattices
from gnomon.steps.index.lattice_vectors import (
    Cube,
    distinct_vectors,
    full_cube,
    grid_vectors,
    peak_vectors,
    phase_sum,
    refined_vectors,
    small_cube,
    transform,
    without_multiples,
)
from gnomon.steps.index.params import IndexParams
from gnomon.steps.index.task import KnownSymmetry, Points

MOST_SEARCH_POINTS = 4000  # by which lattices are refined and scored
LEAST_GAIN = 50.0  # the best lattice of random points gains 20 to 30 in all, seldom more than 2.5 a point on it;
LEAST_GAIN_A_POINT = 3.0  # real ones of 30 spots and more gain over 200 and over 5 (docs/science/index.md)
SURE_SHIFT = 0.02  # a beam shift must raise the mean cosine by this much
SURE_FRACTION = 0.7  # of the points, on a lattice found in a small transform: half would suit a cell too small
FFT_AGAIN = 0.15  # mm: a larger shift smears the transform, which is then made anew
PHI_BLOCK = np.deg2rad(45.0)  # rad: neighbours are looked for within so much rotation
LENGTHS_PER_BIN = 5  # of the histogram of lengths, on average
HEIGHT_FRACTION = 0.25  # of the highest bin, that the longest edge's bin must reach
TO_SPARE = 1.3  # times the longest edge that neighbours suggest is looked for
LEAST_DISTANCE = 0.1  # mm on the detector: two pixels of 50 um, below which spots run together and tell no cell edge
MOST_BEAM_POINTS = 600  # points and vectors by which the beam centre is looked for
MOST_BEAM_VECTORS = 24


@dataclass(frozen=True, eq=False)
class Search:
    """Lattices, best first (none where nothing stands out from noise), and how they were found."""

    lattices: tuple[CandidateLattice, ...]
    max_cell: float  # Å
    d_min: float  # Å, of the transform
    shift: np.ndarray  # (2,) mm, the detector's, from the beam search


def search(points: Points, params: IndexParams, known: KnownSymmetry, *, patient: bool = True) -> Search:
    """The lattices that explain the points, under a detector moved to where the lattices pass the origin.

    A small transform comes first, and is enough where a lattice explains most of the points. patient: where none
    explains many, other cell limits are tried before giving up.
    """
    first = params.max_cell or known.longest or max_cell(points, params.min_cell)
    quick = _with_small_transform(points, params, known, max(first, 2 * params.min_cell))
    if quick is not None:
        return quick
    best: Search | None = None
    for factor in (1.0, 1.6, 0.6) if patient and not params.max_cell else (1.0,):
        limit = max(factor * first, 2 * params.min_cell)
        cube = full_cube(points.d_star, limit, params.n_points)
        cube = Cube(cube.n, params.fft_d_min or cube.d_min)
        found = _search_once(points, params, known, limit, cube)
        if best is None or _gain(found) > _gain(best):
            best = found
        if best.lattices and best.lattices[0].fraction > 0.4:
            break
    assert best is not None
    return best


def _with_small_transform(points: Points, params: IndexParams, known: KnownSymmetry, limit: float) -> Search | None:
    """What a small transform finds; None where it cannot be much smaller, or no lattice explains most points."""
    if params.fft_d_min is not None or params.method != "fft3d":
        return None
    cube = small_cube(points.d_star, limit, params.n_points)
    if cube is None:
        return None
    found = _search_once(points, params, known, limit, cube)
    return found if found.lattices and found.lattices[0].fraction > SURE_FRACTION else None


def _gain(found: Search) -> float:
    return found.lattices[0].gain if found.lattices else -np.inf


def _search_once(points: Points, params: IndexParams, known: KnownSymmetry, limit: float, cube: Cube) -> Search:
    d_star = points.d_star
    near = points.select(d_star <= 1 / cube.d_min)
    if len(near) < 10:
        near, cube = points, Cube(cube.n, 1 / d_star.max())
    d_min = cube.d_min
    vectors, shift = _rough_vectors(near, params, known, limit, cube)
    near = near.thinned(MOST_SEARCH_POINTS)
    vectors = _refined_vectors(near.moved(shift).rlp, vectors, d_min, (params.min_cell, 2.2 * limit))
    found = candidate_lattices(near, vectors, shift, params.min_cell_volume) if len(vectors) >= 3 else []
    found = [x for x in found if np.linalg.norm(np.linalg.inv(x.A), axis=1).min() > params.min_cell]
    sure = [x for x in found if x.gain > max(LEAST_GAIN, LEAST_GAIN_A_POINT * x.fraction * len(near))]
    return Search(tuple(x for x in sure if known.allows(x.A)), limit, d_min, shift)


def _rough_vectors(
    points: Points, params: IndexParams, known: KnownSymmetry, limit: float, cube: Cube
) -> tuple[np.ndarray, np.ndarray]:
    """Rough lattice vectors (m, 3), Å, and the detector's shift (2,) mm that suits them."""
    shift = np.zeros(2)
    for _ in range(2):
        rlp = points.moved(shift).rlp
        if params.method == "real_space_grid_search":
            vectors = grid_vectors(rlp, known.primitive_lengths())
        else:
            cells = (params.min_cell, min(2 * limit, cube.longest))
            vectors = peak_vectors(transform(rlp, cube.d_min, cube.n), cube.d_min, cells)
        if not params.beam_search or len(vectors) < 3:
            break
        trials = beam_shifts(points.moved(shift), vectors, params.beam_search_scope)
        unmoved = next(t for t in trials if not t.shift.any())
        step = trials[0].shift if trials[0].score > unmoved.score + SURE_SHIFT else unmoved.shift
        shift = shift + step
        if np.abs(step).max() < FFT_AGAIN:
            break
    return vectors, shift


def _refined_vectors(rlp: np.ndarray, vectors: np.ndarray, d_min: float, cells: tuple[float, float]) -> np.ndarray:
    """The vectors refined, best first, without doubles and multiples, of lengths within ``cells``."""
    if not len(vectors):
        return vectors
    vectors = refined_vectors(rlp, vectors, d_min)
    length = np.linalg.norm(vectors, axis=1)
    vectors = vectors[(length > cells[0]) & (length < cells[1])]
    score = phase_sum(rlp, vectors)
    kept = distinct_vectors(vectors, score, apart=0.25 * d_min)
    vectors, score = vectors[kept], score[kept]
    return vectors[without_multiples(vectors, score)]


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
    vectors = vectors[:MOST_BEAM_VECTORS]
    points = points.thinned(MOST_BEAM_POINTS)
    rate = np.abs(np.einsum("nik,mi->nmk", points.slope, vectors))
    step = float(np.clip(0.25 / np.percentile(rate, 95), scope / 60, scope / 4))
    grid, score = score_map(points, vectors, scope, step)
    middle = len(grid) // 2
    shifts = [BeamShift(np.zeros(2), float(score[middle, middle]))]
    for i, j in _local_maxima(score)[:most]:
        best = _refined_shift(points, vectors, np.array([grid[i], grid[j]]), step)
        shifts.append(BeamShift(best, _mean_cosine(points, vectors, best)))
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


def _mean_cosine(points: Points, vectors: np.ndarray, shift: np.ndarray) -> float:
    return float(np.cos(2 * np.pi * (points.moved(shift).rlp @ vectors.T)).mean())


def _refined_shift(points: Points, vectors: np.ndarray, shift: np.ndarray, step: float) -> np.ndarray:
    """The maximum near ``shift``: finer and finer 5 x 5 grids."""
    for _ in range(3):
        grid, score = score_map(points.moved(shift), vectors, step, step / 2)
        i, j = np.unravel_index(int(score.argmax()), score.shape)
        shift = shift + np.array([grid[i], grid[j]])
        step /= 2
    return shift
