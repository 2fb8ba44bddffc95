"""From points to lattices: cell range, transform, beam centre, lattice vectors, candidates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.maths.crystal.lattice_vectors import (
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
from gnomon.maths.geometry.beam_search import beam_shifts
from gnomon.maths.geometry.reciprocal_points import Points
from gnomon.maths.geometry.spot_distances import max_cell
from gnomon.steps.index.candidate_lattices import CandidateLattice, candidate_lattices
from gnomon.steps.index.params import IndexParams
from gnomon.steps.index.task import KnownSymmetry

MOST_SEARCH_POINTS = 4000  # by which lattices are refined and scored
LEAST_GAIN = 50.0  # the best lattice of random points gains 20 to 30 in all, seldom more than 2.5 a point on it;
LEAST_GAIN_A_POINT = 3.0  # real ones of 30 spots and more gain over 200 and over 5 (docs/science/indexing.md)
SURE_SHIFT = 0.02  # a beam shift must raise the mean cosine by this much
SURE_FRACTION = 0.7  # of the points, on a lattice found in a small transform: half would suit a cell too small
FFT_AGAIN = 0.15  # mm: a larger shift smears the transform, which is then made anew


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
        trials = beam_shifts([(points.moved(shift), vectors)], params.beam_search_scope)
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
