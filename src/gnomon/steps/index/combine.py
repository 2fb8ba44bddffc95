"""Triples of lattice vectors made into reduced candidate lattices, and judged."""

from __future__ import annotations

from itertools import product

import numpy as np

from gnomon.maths.lattice import niggli
from gnomon.steps.index.basis_vectors import TOLERANCE
from gnomon.steps.index.mixture import Lattice, judged, offsets, polished, weigh
from gnomon.steps.index.points import Points

MOST_VECTORS = 30
MOST_TRIPLES = 60
MOST_LATTICES = 8
PRESENT = 0.9
SHARPEST = 0.01  # of an index: what a vector's residual is at least


def triples(rlp: np.ndarray, vectors: np.ndarray, min_volume: float) -> np.ndarray:
    """(m, 3, 3) bases (rows, Å) of the triples that explain most points for their volume, best first.

    Each point on a lattice of volume V and residuals s along its vectors is worth log(1 / (V (2 pi e)^1.5 s1 s2 s3)),
    see mixture.py. Residuals are those of the triple's own vectors: most others are wrong, and so by far more.
    """
    vectors = vectors[:MOST_VECTORS]
    index = rlp @ vectors.T
    off = index - np.rint(index)
    near = np.abs(off) < TOLERANCE
    length = np.linalg.norm(vectors, axis=1)
    blur = np.log(np.maximum(np.sqrt((off**2 * near).sum(0) / np.maximum(near.sum(0), 1)), SHARPEST) / length)
    i, j = np.triu_indices(len(vectors), 1)
    counts = (near[:, i] & near[:, j]).T.astype(np.float32) @ near.astype(np.float32)
    volume = np.abs(np.cross(vectors[i], vectors[j]) @ vectors.T)
    box = (2 * TOLERANCE) ** 3
    explained = np.maximum(counts - box * len(rlp), 0) / (1 - box)  # without those there by chance
    with np.errstate(divide="ignore"):
        spread = 1.5 * np.log(2 * np.pi * np.e) + (blur[i] + blur[j])[:, None] + blur
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


def candidates(points: Points, vectors: np.ndarray, shift: np.ndarray, min_volume: float) -> list[Lattice]:
    """Reduced lattices from triples of ``vectors`` (m, 3) Å, polished against the points, best gain first."""
    found: list[Lattice] = []
    for basis in triples(points.rlp + points.slope @ shift, vectors, min_volume):
        A = niggli(np.linalg.inv(basis))[0]
        A = A * np.sign(np.linalg.det(A))
        if not any(is_same_lattice(other.A, A) for other in found):
            found.append(judged(Lattice(A, shift), points))
    found.sort(key=lambda lattice: -lattice.gain)
    result = [primitive(polished(lattice, points), points, min_volume) for lattice in found[:MOST_LATTICES]]
    return sorted(result, key=lambda lattice: -lattice.gain)


def _finer(A: np.ndarray, m: np.ndarray, p: int) -> np.ndarray:
    """The reciprocal basis whose real lattice holds (m . a) / p as well; m (3,) has a 1 in its first nonzero place."""
    real = np.linalg.inv(A)
    real[np.flatnonzero(m)[0]] = (m @ real) / p
    return np.linalg.inv(real)


def primitive(lattice: Lattice, points: Points, min_volume: float) -> Lattice:
    """The lattice without a needless doubling or tripling of its cell.

    Where nine tenths of the indices have m . h divisible by p for a vector m, and the smaller cell (m . a) / p
    explains the points better for its volume, it is taken; and again, until nothing is found.
    """
    rlp = points.rlp + points.slope @ lattice.shift
    h, squared = offsets(lattice.A, rlp)
    inside = weigh(lattice.A, squared)[3] > 0.5
    if inside.sum() < 10:
        return lattice
    for p in (p for p in (2, 3, 5) if lattice.volume / p >= min_volume):
        for m in product(range(p), repeat=3):
            first = next((x for x in m if x), 0)
            if first != 1:
                continue
            present = ((h[inside] @ np.array(m)) % p == 0).mean()
            if present < PRESENT:
                continue
            A = niggli(_finer(lattice.A, np.array(m), p))[0]
            smaller = polished(Lattice(A * np.sign(np.linalg.det(A)), lattice.shift), points)
            if smaller.gain > lattice.gain:
                return primitive(smaller, points, min_volume)
    return lattice
