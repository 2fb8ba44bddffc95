"""Lattice vectors from the three-dimensional Fourier transform of the reciprocal points.

Bricogne 1986; Campbell 1998, J. Appl. Cryst. 31, 407; Gildea et al. 2014, Acta D70, 2652.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft

ENOUGH = 1500  # points for which the small cube suffices
REACH = 6.0  # cell limits that the small cube is wide, as far as its peaks are placed well: a quarter of it each way
_NEIGHBOURS = np.array([v for v in np.ndindex(3, 3, 3) if v != (1, 1, 1)]) - 1


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
    """The cube for vectors up to 1.5 ``limit`` Å from the ``ENOUGH`` points of lowest resolution.

    None where it is hardly smaller than ``n_points``. d_star: (N,) 1/d, 1/Å.
    """
    reach = np.partition(d_star, ENOUGH)[ENOUGH] if len(d_star) > ENOUGH else d_star.max()
    d_min = 1 / float(reach)
    n = scipy.fft.next_fast_len(int(np.ceil(REACH * limit / d_min / 2)), real=True) * 2
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
