"""Correlations of data sets, two by two: the same index in both, or related by a rotation of the lattice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from gnomon.distribute.executor import INLINE, Executor
from gnomon.kernels.pair_correlation import N_SUMS, pair_sums

R = TypeVar("R")
OfSums = Callable[[int, np.ndarray], R]
"""What is made, on whatever machine, of the number of a data set and its sums with others; it must pickle."""
LEAST_TASKS = 8
"""Tasks that the data sets are shared out into at least, so that a few workers have as much to do each."""
PAIRS_A_TASK = 20_000
"""Pairs of data sets in a task at most: about a second of CPU for wedges of 10 degrees, and 10 MB of correlations."""

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

    @classmethod
    def empty(cls, shape: tuple[int, ...]) -> Correlations:
        """Nothing known of any."""
        return cls(np.zeros(shape), np.zeros(shape), np.zeros(shape))

    def put(self, where: Any, part: Correlations) -> None:
        """Set those at ``where``: for matrices whose sums are never all in memory."""
        self.cc[where], self.pairs[where], self.weight[where] = part.cc, part.pairs, part.weight

    def of_themselves(self) -> Correlations:
        """The same (n, n) with 1, of weight 0, for each with itself."""
        np.fill_diagonal(self.cc, 1.0)
        np.fill_diagonal(self.weight, 0.0)
        return self


def pairwise_correlations(
    sets: Sequence[MergedSet], weighting: str = "none", min_pairs: int = 3, executor: Executor = INLINE
) -> Correlations:
    """The correlation of every two data sets over the reflections that both have.

    weighting: "none", or "sigma" for weights 1 / (1 + s_x² + s_y²). Pairs with fewer than ``min_pairs`` say nothing.
    """
    found = Correlations.empty((len(sets), len(sets)))
    parts = Pairs.of(sets, _ONE, weighting).each(_BothWays(min_pairs), range(len(sets)), executor)
    for i, (mine, others) in enumerate(parts):
        found.put((i, slice(i + 1)), mine)
        found.put((slice(i), i), others)
    return found.of_themselves()


@dataclass(frozen=True)
class _BothWays:
    """Correlations of a data set with those up to itself, and of those before it with it."""

    min_pairs: int

    def __call__(self, i: int, sums: np.ndarray) -> tuple[Correlations, Correlations]:
        return correlations(sums[:, 0], self.min_pairs), correlations(exchanged(sums[:i, 0]), self.min_pairs)


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


@dataclass(frozen=True, eq=False)
class Pairs:
    """All pairs x of set i, y of set j whose indices a rotation W relates, h_i W = +-h_j; summed a data set at a time.

    So that memory grows with n m for n data sets and m rotations; the sums of all, (n, n, m, N_SUMS), would take 6 GB
    for 2,000 data sets in a cubic lattice. Cost grows with the pairs that there are.
    """

    sets: Sequence[MergedSet]
    relation: np.ndarray  # (m, m) the number of g g'^-1 for rotations g, g' by number
    weighted: bool
    number: list[np.ndarray]  # of the orbit of each set's reflections
    entries: tuple[np.ndarray, ...]  # all reflections by orbit, then set

    @classmethod
    def of(cls, sets: Sequence[MergedSet], relation: np.ndarray, weighting: str = "none") -> Pairs:
        """Those of ``sets``, by the weights that :func:`pairwise_correlations` tells of."""
        return cls(sets, relation, weighting == "sigma", *_by_orbit(sets))

    def __len__(self) -> int:
        return len(self.sets)

    def reordered(self, order: Sequence[int] | np.ndarray) -> Pairs:
        """Those of some of the data sets, or of all in another order."""
        return Pairs.of([self.sets[i] for i in order], self.relation, "sigma" if self.weighted else "none")

    def row(self, i: int, before: int | None = None) -> np.ndarray:
        """(before, m, N_SUMS) the sums of set i with each data set below ``before``, all where it is None."""
        n = len(self.sets) if before is None else before
        mine, out = self.sets[i], np.zeros((n, len(self.relation), N_SUMS))
        rows = np.concatenate([np.arange(len(mine.key)), mine.also[0]])
        turn = np.concatenate([mine.turns, mine.also[1]])
        values = mine.value[rows].astype(float), mine.sigma[rows].astype(float)
        pair_sums(self.number[i][rows], turn, *values, n - 1, self.entries, self.relation, self.weighted, out)
        return out

    def each(self, made: OfSums[R], numbers: range, executor: Executor = INLINE) -> Iterator[R]:
        """``made(i, sums)`` for each data set i of ``numbers``, sums (i + 1, m, N_SUMS) with the sets up to itself.

        Those of (j, i) are these as :meth:`mirrored` has them.
        """
        blocks = shared_out(np.array(numbers), np.array(numbers) + 1)
        return (found for block in executor.map(_Block(self, made, whole=False), blocks) for found in block)

    def each_with_all(self, made: OfSums[R], numbers: np.ndarray, executor: Executor = INLINE) -> Iterator[R]:
        """``made(i, sums)`` for each data set of ``numbers``, sums (n, m, N_SUMS) with all."""
        blocks = shared_out(numbers, np.full(len(numbers), len(self)))
        return (found for block in executor.map(_Block(self, made, whole=True), blocks) for found in block)

    def mirrored(self, sums: np.ndarray) -> np.ndarray:
        """The sums (..., m, N_SUMS) of (j, i) of those of (i, j): x and y change places, and W becomes W^-1."""
        return exchanged(sums[..., self.relation[0], :])

    def information(self) -> np.ndarray:
        """(n,) what each data set has in common with others: the sum of 1 / (1 + s²) over reflections of shared orbits.

        0 where it has none; s the error.
        """
        start, owner = self.entries[:2]
        first = owner[np.minimum(start[:-1], len(owner) - 1)]
        last = owner[start[1:] - 1]
        return np.array(
            [
                float((1 / (1 + s.sigma.astype(float) ** 2))[first[number] != last[number]].sum())
                for s, number in zip(self.sets, self.number)
            ]
        )


@dataclass(frozen=True, eq=False)
class _Block(Generic[R]):
    """The task of what is made of the sums of some data sets (k,): with all, or with those up to each."""

    pairs: Pairs
    made: OfSums[R]
    whole: bool

    def __call__(self, numbers: np.ndarray) -> list[R]:
        return [self.made(i, self.pairs.row(i, None if self.whole else i + 1)) for i in numbers.tolist()]


def shared_out(numbers: np.ndarray, pairs: np.ndarray) -> list[np.ndarray]:
    """Runs of data sets with about as many pairs (n,) in each, for a task each; all of them, in their order."""
    if not len(numbers):
        return []
    total = np.cumsum(pairs)
    n = max(LEAST_TASKS, int(np.ceil(total[-1] / PAIRS_A_TASK)))
    cuts = np.searchsorted(total, total[-1] * np.arange(1, n) / n)
    return [run for run in np.split(numbers, cuts) if len(run)]


def exchanged(sums: np.ndarray) -> np.ndarray:
    """Sums (..., N_SUMS) with x and y in each other's place."""
    return sums[..., _EXCHANGED]


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
