"""Lattice vectors of the reciprocal points: peaks of a Fourier transform or a grid search, then made exact.

The transform: Bricogne 1986; Campbell 1998, J. Appl. Cryst. 31, 407; Gildea et al. 2014, Acta D70, 2652, whose
real-space grid search finds vectors of known length from every direction. Vectors are refined against the points and
scored, near-equal ones grouped, multiples removed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft

POINTS_OF_SMALL_CUBE = 1500  # points for which the small cube suffices
SMALL_CUBE_WIDTH = 6.0
"""Cell limits that the small cube is wide, as far as its peaks are placed well: a quarter of it each way."""
_NEIGHBOURS = np.array([v for v in np.ndindex(3, 3, 3) if v != (1, 1, 1)]) - 1
GRID_SPACING = 0.02  # rad
MOST_GRID_POINTS = 400  # points nearest the origin, by which directions are scored
MOST_GRID_VECTORS = 30  # of each length
INDEX_TOLERANCE = 0.25  # from a whole number: the points that count for a vector


@dataclass(frozen=True)
class Cube:
    """A transform of ``n`` voxels along each axis, of points within ``d_min`` Å."""

    n: int
    d_min: float

    @property
    def longest(self) -> float:
        """Å: vectors up to this are found with certainty."""
        return self.d_min * self.n / 4


def small_cube(d_star: np.ndarray, limit: float, n_points: int) -> Cube | None:
    """The cube for vectors up to 1.5 ``limit`` Å from the ``POINTS_OF_SMALL_CUBE`` points of lowest resolution.

    None where it is hardly smaller than ``n_points``. d_star: (N,) 1/d, 1/Å.
    """
    reach = (
        np.partition(d_star, POINTS_OF_SMALL_CUBE)[POINTS_OF_SMALL_CUBE]
        if len(d_star) > POINTS_OF_SMALL_CUBE
        else d_star.max()
    )
    d_min = 1 / float(reach)
    n = scipy.fft.next_fast_len(int(np.ceil(SMALL_CUBE_WIDTH * limit / d_min / 2)), real=True) * 2
    return Cube(n, d_min) if n < 0.8 * n_points else None


def full_cube(d_star: np.ndarray, limit: float, n_points: int) -> Cube:
    """The cube of ``n_points`` for vectors up to 1.25 ``limit`` Å, or further where the points end before."""
    return Cube(n_points, max(5 * limit / n_points, 1 / float(d_star.max())))


def damping(d_star: np.ndarray, d_min: float) -> np.ndarray:
    """exp(-B / 4 d²) with B such that the weight falls to 0.05 at ``d_min`` (Å): smooths the ripples of the cutoff."""
    b_iso = -4 * d_min**2 * np.log(0.05)
    return np.exp(-b_iso * d_star**2 / 4)


def transform(rlp: np.ndarray, d_min: float, n: int) -> np.ndarray:
    """(n, n, n // 2 + 1) float32: |F(x)|² of points (N, 3) 1/Å within ``d_min`` Å.

    Voxel (i, j, k) lies at (i, j, k) d_min / 2 Å, the upper half of i and j meaning negative. Points are counted
    in the nearest voxel of a cube from -1/d_min to 1/d_min.
    """
    length = np.linalg.norm(rlp, axis=1)
    rlp = rlp[length < 1 / d_min]
    weight = damping(length[length < 1 / d_min], d_min)
    voxel = np.rint(rlp * (d_min * n / 2)).astype(int) % n
    grid = np.zeros((n, n, n), np.float32)
    np.add.at(grid, tuple(voxel.T), weight.astype(np.float32))
    F = scipy.fft.rfftn(grid)
    power = np.square(F.real)
    power += np.square(F.imag)
    return power


def _is_peak(power: np.ndarray, at: np.ndarray) -> np.ndarray:
    """(m,) bool: no neighbour of voxel ``at`` (m, 3) is higher. The third axis is halved: x(-i) = conj x(i)."""
    n = power.shape[0]
    height = power[tuple(at.T)]
    peak = np.ones(len(at), bool)
    for step in _NEIGHBOURS:
        peak &= height >= power[_folded(at + step, n)]
    return peak


def _folded(at: np.ndarray, n: int) -> tuple[np.ndarray, ...]:
    """Indices into the halved cube of voxels anywhere: Friedel's law for a negative third index."""
    at = np.where(at[:, 2:] % n > n // 2, -at, at) % n
    return tuple(at.T)


def _interpolated(power: np.ndarray, at: np.ndarray) -> np.ndarray:
    """(m, 3) signed voxel positions of maxima, by a parabola through three voxels along each axis."""
    n = power.shape[0]
    signed = np.where(at > n // 2, at - n, at).astype(float)
    middle = power[tuple(at.T)]
    for axis in range(3):
        step = np.eye(3, dtype=int)[axis]
        low, high = power[_folded(at - step, n)], power[_folded(at + step, n)]
        curvature = low + high - 2 * middle
        with np.errstate(divide="ignore", invalid="ignore"):
            shift = 0.5 * (low - high) / curvature
        signed[:, axis] += np.where(curvature < 0, np.clip(shift, -0.5, 0.5), 0.0)
    return signed


def peak_vectors(power: np.ndarray, d_min: float, cell_range: tuple[float, float], most: int = 200) -> np.ndarray:
    """(m, 3) Å: the highest maxima of the transform with lengths in ``cell_range``, highest first.

    At most ``most`` of them; one of each pair x, -x.
    """
    n = power.shape[0]
    flat = power.ravel()
    cutoff = _height_of_rank(flat, 40 * most)
    at = np.column_stack(np.unravel_index(np.flatnonzero(flat > cutoff), power.shape))
    length = np.linalg.norm(np.where(at > n // 2, at - n, at), axis=1) * d_min / 2
    at = at[(length > cell_range[0]) & (length < cell_range[1])]
    at = at[_is_peak(power, at)]
    order = np.argsort(-power[tuple(at.T)], kind="stable")[:most]
    return _interpolated(power, at[order]) * d_min / 2


def _height_of_rank(flat: np.ndarray, rank: int) -> float:
    """A height that about ``rank`` of the values exceed, found on a sample of one in sixteen."""
    sample = flat[::16]
    k = min(max(1, rank // 16), len(sample))
    return float(np.partition(sample, -k)[-k])


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
    directions = half_sphere(GRID_SPACING)
    order = np.argsort(np.linalg.norm(rlp, axis=1), kind="stable")
    found = []
    for length in np.unique(np.round(lengths, 2)):
        near = rlp[order]
        near = near[np.linalg.norm(near, axis=1) * length * GRID_SPACING < 0.25][:MOST_GRID_POINTS]
        if len(near) < 10:
            near = rlp[order[:10]]
        phase = (2 * np.pi * length * directions).astype(np.float32) @ near.astype(np.float32).T
        power = np.cos(phase).sum(axis=1) ** 2 + np.sin(phase).sum(axis=1) ** 2
        found.append(_best_directions(directions, power) * length)
    return np.concatenate(found)


def _best_directions(directions: np.ndarray, power: np.ndarray) -> np.ndarray:
    """The directions of the highest power that are more than 2.5 grid spacings apart, signs aside."""
    kept: list[np.ndarray] = []
    for i in np.argsort(-power, kind="stable")[: 40 * MOST_GRID_VECTORS]:
        x = directions[i]
        if not kept or np.abs(np.array(kept) @ x).max() < np.cos(2.5 * GRID_SPACING):
            kept.append(x)
        if len(kept) == MOST_GRID_VECTORS:
            break
    return np.array(kept)


def phase_sum(rlp: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """(m,) mean over the points (N, 3) of cos(2 pi r . x) for vectors x (m, 3): 1 for a perfect lattice vector.

    Gildea et al. 2014, Acta D70, 2652, eq. 1.
    """
    phase = (2 * np.pi * rlp.astype(np.float32)) @ vectors.astype(np.float32).T
    return np.cos(phase).mean(axis=0)


def refined_vectors(rlp: np.ndarray, vectors: np.ndarray, d_min: float, n_cycles: int = 6) -> np.ndarray:
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
    near = (np.abs(index - nearest) < INDEX_TOLERANCE).astype(float)
    outer = (rlp[:, :, None] * rlp[:, None, :]).reshape(-1, 9)
    normal = (near.T @ outer).reshape(-1, 3, 3)
    right = (near * nearest).T @ rlp
    scale = np.trace(normal, axis1=1, axis2=2)[:, None, None]
    normal = normal + (1e-9 * scale + 1e-30) * np.eye(3)
    return np.linalg.solve(normal, right[:, :, None])[:, :, 0]


def distinct_vectors(vectors: np.ndarray, score: np.ndarray, apart: float) -> np.ndarray:
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
