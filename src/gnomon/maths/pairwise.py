"""Correlations of data sets, two by two: the same index in both, or related by a rotation of the lattice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.distribute.workers import SERIAL, Workers
from gnomon.kernels.pair_correlation import N_SUMS, pair_sums

_ONE = np.zeros((1, 1), np.int64)
_NONE = np.zeros(0, np.int64)
_EXCHANGED = [0, 1, 3, 2, 5, 4, 6, 7]


@dataclass(frozen=True, eq=False)
class MergedSet:
    """A data set merged to unique reflections: ``key`` stands for the index; intensity of mean one, and its sigma.

    Where operators are tried, ``key`` stands for the orbit of the index under rotations, and ``turn`` is the number of
    the rotation that leads to its representative; ``also`` are the rows of reflections on symmetry elements, repeated
    with each further rotation that leads there.
    """

    key: np.ndarray  # (N,) int64
    value: np.ndarray  # (N,)
    sigma: np.ndarray  # (N,)
    turn: np.ndarray | None = None  # (N,)
    also: tuple[np.ndarray, np.ndarray] = (_NONE, _NONE)  # rows and turns

    @property
    def turns(self) -> np.ndarray:
        """(N,) the number of a rotation; zeros where none are tried."""
        return np.zeros(len(self.key), np.int64) if self.turn is None else self.turn.astype(np.int64)


@dataclass(frozen=True, eq=False)
class Correlations:
    """Pearson's correlation of data sets, how many reflections it is of, and how many that are as good as.

    ``cc`` is 0 and ``weight`` 0 where there were too few; on the diagonal of (n, n) cc is 1 and weight 0.
    """

    cc: np.ndarray
    pairs: np.ndarray
    weight: np.ndarray  # (sum of w)² / sum of w²

    @property
    def sigma(self) -> np.ndarray:
        """The standard error of cc from random errors alone, (1 - cc²) / sqrt(weight - 1); inf where not known."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.weight > 1, (1 - self.cc**2) / np.sqrt(np.maximum(self.weight - 1, 0)), np.inf)


def pairwise_correlations(
    sets: Sequence[MergedSet], weighting: str = "none", min_pairs: int = 3, *, workers: Workers = SERIAL
) -> Correlations:
    """The correlation of every two data sets over the reflections that both have.

    weighting: "none", or "sigma" for weights 1 / (1 + s_x² + s_y²). Pairs with fewer than ``min_pairs`` say nothing.
    """
    found = correlations(all_sums(sets, _ONE, weighting, workers=workers)[:, :, 0], min_pairs)
    np.fill_diagonal(found.cc, 1.0)
    np.fill_diagonal(found.weight, 0.0)
    return found


def correlations(sums: np.ndarray, min_pairs: int = 3) -> Correlations:
    """Pearson's correlations (...) of sums (..., N_SUMS)."""
    w, w2, x, y, xx, yy, xy, n = np.moveaxis(sums, -1, 0)
    some = n >= max(min_pairs, 2)
    total = np.where(some, w, 1.0)
    spread = (xx - x * x / total) * (yy - y * y / total)
    known = some & (spread > 1e-12 * np.maximum(xx * yy, 1e-30))
    cc = np.where(known, (xy - x * y / total) / np.sqrt(np.where(known, spread, 1.0)), 0.0)
    weight = np.where(known, total**2 / np.where(some, w2, 1.0), 0.0)
    return Correlations(np.clip(cc, -1, 1), n, weight)


def all_sums(
    sets: Sequence[MergedSet], relation: np.ndarray, weighting: str = "none", *, workers: Workers = SERIAL
) -> np.ndarray:
    """(n, n, m, N_SUMS) sums of the pairs x of set i, y of set j whose indices rotation W relates: h_i W = +-h_j.

    relation: (m, m) the number of g g'^-1 for rotations g, g' by number; the sums of (j, i, W^-1) are those of
    (i, j, W) with x and y exchanged. The same for any number of workers; cost grows with the pairs that there are.
    """
    numbers, entries = _by_orbit(sets)
    inverse = relation[0]
    m = len(relation)
    found = np.zeros((len(sets), len(sets), m, N_SUMS))

    def fill(i: int) -> None:
        mine, out = sets[i], np.zeros((i + 1, m, N_SUMS))
        rows = np.concatenate([np.arange(len(mine.key)), mine.also[0]])
        turn = np.concatenate([mine.turns, mine.also[1]])
        values = mine.value[rows].astype(float), mine.sigma[rows].astype(float)
        pair_sums(numbers[i][rows], turn, *values, i, entries, relation, weighting == "sigma", out)
        found[i, : i + 1] = out
        found[:i, i] = out[:i, inverse][..., _EXCHANGED]

    for _ in workers.map(fill, range(len(sets))):
        pass
    return found


def _by_orbit(sets: Sequence[MergedSet]) -> tuple[list[np.ndarray], tuple[np.ndarray, ...]]:
    """The orbits of each set's reflections, numbered; and all reflections sorted by orbit, then set."""
    sizes = [len(s.key) for s in sets]
    unique, number = np.unique(np.concatenate([s.key for s in sets]), return_inverse=True)
    order = np.argsort(number, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(number, minlength=len(unique)))])
    entries = (
        start,
        np.repeat(np.arange(len(sets)), sizes)[order],
        np.concatenate([s.turns for s in sets])[order],
        np.concatenate([s.value for s in sets]).astype(float)[order],
        np.concatenate([s.sigma for s in sets]).astype(float)[order],
    )
    return np.split(number, np.cumsum(sizes)[:-1]), entries
