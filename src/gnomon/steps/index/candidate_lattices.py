"""Candidate lattices from triples of lattice vectors, and how well each explains the points.

The score is a mixture of a Gaussian about each node and an even background. With node density V (the cell volume) in
reciprocal space, the density at a point dr from its nearest node, relative to an even one, is f N(dr; s) / V + 1 - f.
Twice the volume costs log 2 a point, so that a superlattice loses and a sublattice that misses points loses more: one
number weighs volume, fraction and residual, where DIALS adds three (compare Sauter & Poon 2010, J. Appl. Cryst. 43,
611, for inliers and outliers as a mixture).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import numpy as np

from gnomon.maths.crystal.lattice import niggli
from gnomon.maths.crystal.lattice_vectors import INDEX_TOLERANCE
from gnomon.maths.geometry.reciprocal_points import Points

EM_CYCLES = 8  # cycles of expectation and maximisation
MOST_VECTORS = 30  # the best vectors, of which triples are made
MOST_TRIPLES = 60  # the best triples, which are reduced and scored
MOST_LATTICES = 8  # the best lattices, which are refined
MULTIPLE_SHARE = 0.9  # of the indices that a smaller cell explains, for it to be tried
LEAST_RESIDUAL = 0.01  # of an index: what a vector's residual is at least


@dataclass(frozen=True, eq=False)
class CandidateLattice:
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


def node_offsets(A: np.ndarray, rlp: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nearest indices (N, 3) and squared distances (N,) 1/Å² of points from those nodes.

    The origin is no reflection: points nearest to it count as far from any node.
    """
    h = rlp @ np.linalg.inv(A).T
    nearest = np.rint(h)
    squared = (((h - nearest) @ A.T) ** 2).sum(axis=1)
    return nearest, np.where(nearest.any(axis=1), squared, np.inf)


def fit_mixture(A: np.ndarray, squared: np.ndarray, floor: float = 1e-6) -> tuple[float, float, float, np.ndarray]:
    """(fraction, sigma, gain, posterior (N,)) of the mixture by expectation and maximisation.

    squared: distances² from the nearest nodes, 1/Å²; floor: the least sigma, 1/Å.
    """
    volume = 1 / abs(np.linalg.det(A))
    spacing = volume ** (-1 / 3)
    squared = np.minimum(squared, 100 * spacing**2)
    fraction, variance = 0.5, max(float(np.sort(squared)[3 * len(squared) // 10]) / 2, floor**2)
    variance = min(variance, (0.2 * spacing) ** 2)
    ratio = _density_ratio(squared, variance, volume)
    for _ in range(EM_CYCLES):
        inside = fraction * ratio / (1 - fraction + fraction * ratio)
        total = float(inside.sum())
        fraction = float(np.clip(total / len(squared), 1e-3, 0.999))
        variance = float(np.clip((inside @ squared) / (3 * total + 1e-12), floor**2, (0.2 * spacing) ** 2))
        ratio = _density_ratio(squared, variance, volume)
    mixed = 1 - fraction + fraction * ratio
    return fraction, float(np.sqrt(variance)), float(np.log(mixed).sum()), fraction * ratio / mixed


def _density_ratio(squared: np.ndarray, variance: float, volume: float) -> np.ndarray:
    return np.exp(-squared / (2 * variance)) / ((2 * np.pi * variance) ** 1.5 * volume)


def scored(lattice: CandidateLattice, points: Points) -> CandidateLattice:
    """The lattice with its fraction, sigma and gain on these points."""
    rlp = points.rlp + points.slope @ lattice.shift
    fraction, sigma, gain, _ = fit_mixture(lattice.A, node_offsets(lattice.A, rlp)[1])
    return CandidateLattice(lattice.A, lattice.shift, fraction, sigma, gain)


def refined_lattice(
    lattice: CandidateLattice, points: Points, *, free_shift: bool = True, n_cycles: int = 5
) -> CandidateLattice:
    """The lattice and detector shift of least squares over the points, each weighted by its chance to belong.

    r + J t = A h is linear in A and t: an 11-parameter solution a cycle. t is held to about 1 mm by a weak prior.
    """
    A, shift = lattice.A, lattice.shift
    for _ in range(n_cycles):
        rlp = points.rlp + points.slope @ shift
        h, squared = node_offsets(A, rlp)
        _, sigma, _, weight = fit_mixture(A, squared)
        if weight.sum() < 6:
            break
        if free_shift:
            step, moved = _basis_and_shift(points, h, weight, sigma)
        else:
            step, moved = _basis(points, h, weight, shift), shift
        if not np.isfinite(step).all() or abs(np.linalg.det(step)) < 1e-12:
            break
        A, shift = step, moved
    return scored(CandidateLattice(A, shift), points)


def at_shift(lattice: CandidateLattice, points: Points, shift: np.ndarray) -> CandidateLattice:
    """The lattice that gives the same indices under another shift (2,) mm of the detector, refined there.

    In a narrow wedge a shift and a turn of the crystal look alike, so that both may change by much together.
    """
    h, squared = node_offsets(lattice.A, points.rlp + points.slope @ lattice.shift)
    A = _basis(points, h, fit_mixture(lattice.A, squared)[3], shift)
    return refined_lattice(CandidateLattice(A, shift), points, free_shift=False)


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


def triples(rlp: np.ndarray, vectors: np.ndarray, min_volume: float) -> np.ndarray:
    """(m, 3, 3) bases (rows, Å) of the triples that explain most points for their volume, best first.

    Each point on a lattice of volume V and residuals s along its vectors is worth log(1 / (V (2 pi e)^1.5 s1 s2 s3)),
    as above. Residuals are those of the triple's own vectors: most others are wrong, and so by far more.
    """
    vectors = vectors[:MOST_VECTORS]
    index = rlp @ vectors.T
    off = index - np.rint(index)
    near = np.abs(off) < INDEX_TOLERANCE
    length = np.linalg.norm(vectors, axis=1)
    blur = np.log(np.maximum(np.sqrt((off**2 * near).sum(0) / np.maximum(near.sum(0), 1)), LEAST_RESIDUAL) / length)
    i, j = np.triu_indices(len(vectors), 1)
    counts = (near[:, i] & near[:, j]).T.astype(np.float32) @ near.astype(np.float32)
    volume = np.abs(np.cross(vectors[i], vectors[j]) @ vectors.T)
    box = (2 * INDEX_TOLERANCE) ** 3
    explained = np.maximum(counts - box * len(rlp), 0) / (1 - box)  # without those there by chance
    with np.errstate(divide="ignore"):
        spread = 1.5 * np.log(2 * np.pi * math.e) + (blur[i] + blur[j])[:, None] + blur
        worth = explained * (-np.log(volume) - spread)
    flat = volume < np.maximum(min_volume, 0.1 * (length[i] * length[j])[:, None] * length)
    worth[flat | (np.arange(len(vectors)) <= j[:, None])] = -np.inf
    order = np.argsort(-worth, axis=None, kind="stable")[:MOST_TRIPLES]
    pair, k = np.unravel_index(order[np.isfinite(worth.ravel()[order])], worth.shape)
    return vectors[np.stack([i[pair], j[pair], k], axis=1)]


def is_same_lattice(A: np.ndarray, other: np.ndarray, tolerance: float = 0.08) -> bool:
    """Whether two primitive bases span one lattice: the change of basis is whole numbers with determinant 1."""
    change = np.linalg.inv(A) @ other
    return bool(np.abs(change - np.rint(change)).max() < tolerance and round(abs(np.linalg.det(change)), 1) == 1.0)


def candidate_lattices(
    points: Points, vectors: np.ndarray, shift: np.ndarray, min_volume: float
) -> list[CandidateLattice]:
    """Reduced lattices from triples of ``vectors`` (m, 3) Å, refined against the points, best gain first."""
    found: list[CandidateLattice] = []
    for basis in triples(points.rlp + points.slope @ shift, vectors, min_volume):
        A = niggli(np.linalg.inv(basis))[0]
        A = A * np.sign(np.linalg.det(A))
        if not any(is_same_lattice(other.A, A) for other in found):
            found.append(scored(CandidateLattice(A, shift), points))
    found.sort(key=lambda lattice: -lattice.gain)
    result = [
        primitive_lattice(refined_lattice(lattice, points), points, min_volume) for lattice in found[:MOST_LATTICES]
    ]
    return sorted(result, key=lambda lattice: -lattice.gain)


def _finer(A: np.ndarray, m: np.ndarray, p: int) -> np.ndarray:
    """The reciprocal basis whose real lattice holds (m . a) / p as well; m (3,) has a 1 in its first nonzero place."""
    real = np.linalg.inv(A)
    real[np.flatnonzero(m)[0]] = (m @ real) / p
    return np.linalg.inv(real)


def primitive_lattice(lattice: CandidateLattice, points: Points, min_volume: float) -> CandidateLattice:
    """The lattice without a needless doubling or tripling of its cell.

    Where nine tenths of the indices have m . h divisible by p for a vector m, and the smaller cell (m . a) / p
    explains the points better for its volume, it is taken; and again, until nothing is found.
    """
    rlp = points.rlp + points.slope @ lattice.shift
    h, squared = node_offsets(lattice.A, rlp)
    inside = fit_mixture(lattice.A, squared)[3] > 0.5
    if inside.sum() < 10:
        return lattice
    for p in (p for p in (2, 3, 5) if lattice.volume / p >= min_volume):
        for m in product(range(p), repeat=3):
            first = next((x for x in m if x), 0)
            if first != 1:
                continue
            present = ((h[inside] @ np.array(m)) % p == 0).mean()
            if present < MULTIPLE_SHARE:
                continue
            A = niggli(_finer(lattice.A, np.array(m), p))[0]
            smaller = refined_lattice(CandidateLattice(A * np.sign(np.linalg.det(A)), lattice.shift), points)
            if smaller.gain > lattice.gain:
                return primitive_lattice(smaller, points, min_volume)
    return lattice
