"""How well a lattice explains the points: a mixture of a Gaussian about each node and an even background.

With node density V (the cell volume) in reciprocal space, the density at a point dr from its nearest node, relative
to an even one, is f N(dr; s) / V + 1 - f. Twice the volume costs log 2 a point, so that a superlattice loses and a
sublattice that misses points loses more: one number weighs volume, fraction and residual, where DIALS adds three
(compare Sauter & Poon 2010, J. Appl. Cryst. 43, 611, for inliers and outliers as a mixture).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.steps.index.points import Points

N_EM = 8


@dataclass(frozen=True, eq=False)
class Lattice:
    """A primitive lattice A (3, 3), 1/Å; the detector's shift (2,) mm under which it was found; and how well it fits.

    fraction: of points on it; sigma: of a point about its node, 1/Å; gain: log likelihood over an even background.
    """

    A: np.ndarray
    shift: np.ndarray
    fraction: float = 0.0
    sigma: float = 0.0
    gain: float = -np.inf

    @property
    def volume(self) -> float:
        """Cell volume, Å³."""
        return 1 / abs(float(np.linalg.det(self.A)))


def offsets(A: np.ndarray, rlp: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nearest indices (N, 3) and squared distances (N,) 1/Å² of points from those nodes.

    The origin is no reflection: points nearest to it count as far from any node.
    """
    h = rlp @ np.linalg.inv(A).T
    nearest = np.rint(h)
    squared = (((h - nearest) @ A.T) ** 2).sum(axis=1)
    return nearest, np.where(nearest.any(axis=1), squared, np.inf)


def weigh(A: np.ndarray, squared: np.ndarray, floor: float = 1e-6) -> tuple[float, float, float, np.ndarray]:
    """(fraction, sigma, gain, posterior (N,)) of the mixture by expectation and maximisation.

    squared: distances² from the nearest nodes, 1/Å²; floor: the least sigma, 1/Å.
    """
    volume = 1 / abs(np.linalg.det(A))
    spacing = volume ** (-1 / 3)
    squared = np.minimum(squared, 100 * spacing**2)
    fraction, variance = 0.5, max(float(np.sort(squared)[3 * len(squared) // 10]) / 2, floor**2)
    variance = min(variance, (0.2 * spacing) ** 2)
    ratio = _density_ratio(squared, variance, volume)
    for _ in range(N_EM):
        inside = fraction * ratio / (1 - fraction + fraction * ratio)
        total = float(inside.sum())
        fraction = float(np.clip(total / len(squared), 1e-3, 0.999))
        variance = float(np.clip((inside @ squared) / (3 * total + 1e-12), floor**2, (0.2 * spacing) ** 2))
        ratio = _density_ratio(squared, variance, volume)
    mixed = 1 - fraction + fraction * ratio
    return fraction, float(np.sqrt(variance)), float(np.log(mixed).sum()), fraction * ratio / mixed


def _density_ratio(squared: np.ndarray, variance: float, volume: float) -> np.ndarray:
    return np.exp(-squared / (2 * variance)) / ((2 * np.pi * variance) ** 1.5 * volume)


def judged(lattice: Lattice, points: Points) -> Lattice:
    """The lattice with its fraction, sigma and gain on these points."""
    rlp = points.rlp + points.slope @ lattice.shift
    fraction, sigma, gain, _ = weigh(lattice.A, offsets(lattice.A, rlp)[1])
    return Lattice(lattice.A, lattice.shift, fraction, sigma, gain)


def polished(lattice: Lattice, points: Points, *, free_shift: bool = True, n_cycles: int = 5) -> Lattice:
    """The lattice and detector shift of least squares over the points, each weighted by its chance to belong.

    r + J t = A h is linear in A and t: an 11-parameter solution a cycle. t is held to about 1 mm by a weak prior.
    """
    A, shift = lattice.A, lattice.shift
    for _ in range(n_cycles):
        rlp = points.rlp + points.slope @ shift
        h, squared = offsets(A, rlp)
        _, sigma, _, weight = weigh(A, squared)
        if weight.sum() < 6:
            break
        if free_shift:
            step, moved = _basis_and_shift(points, h, weight, sigma)
        else:
            step, moved = _basis(points, h, weight, shift), shift
        if not np.isfinite(step).all() or abs(np.linalg.det(step)) < 1e-12:
            break
        A, shift = step, moved
    return judged(Lattice(A, shift), points)


def at_shift(lattice: Lattice, points: Points, shift: np.ndarray) -> Lattice:
    """The lattice that gives the same indices under another shift (2,) mm of the detector, polished there.

    In a narrow wedge a shift and a turn of the crystal look alike, so that both may change by much together.
    """
    h, squared = offsets(lattice.A, points.rlp + points.slope @ lattice.shift)
    A = _basis(points, h, weigh(lattice.A, squared)[3], shift)
    return polished(Lattice(A, shift), points, free_shift=False)


def _basis(points: Points, h: np.ndarray, weight: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """A (3, 3) that minimises sum w |r + J t - A h|² at the shift t."""
    hh = np.einsum("n,ni,nj->ij", weight, h, h) + 1e-9 * np.eye(3)
    right = np.einsum("n,ni,nj->ij", weight, points.rlp + points.slope @ shift, h)
    return np.linalg.solve(hh, right.T).T


def _basis_and_shift(points: Points, h: np.ndarray, weight: np.ndarray, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """A (3, 3) and t (2,) that minimise sum w |r + J t - A h|² + (sigma t / 1 mm)².

    A = (right + sum_k t_k cross_k) hh^-1 is eliminated: what is left is a 2 x 2 system for t.
    """
    inverse = np.linalg.inv(np.einsum("n,ni,nj->ij", weight, h, h) + 1e-9 * np.eye(3))
    right = np.einsum("n,ni,nj->ij", weight, points.rlp, h)
    cross = np.einsum("n,nik,nj->kij", weight, points.slope, h)
    jj = np.einsum("n,nik,nil->kl", weight, points.slope, points.slope)
    jr = np.einsum("n,nik,ni->k", weight, points.slope, points.rlp)
    jj -= np.einsum("kij,jm,lim->kl", cross, inverse, cross)
    jr -= np.einsum("kij,jm,im->k", cross, inverse, right)
    t = -np.linalg.solve(jj + sigma**2 * np.eye(2), jr)
    return (right + np.einsum("k,kij->ij", t, cross)) @ inverse, t
