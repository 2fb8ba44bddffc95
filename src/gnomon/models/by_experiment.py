"""Rows of a table experiment by experiment, without looking at the whole table for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np


def rows_by_experiment(number: np.ndarray) -> list[tuple[int, np.ndarray | slice]]:
    """Each experiment number in ``number`` (N,), rising, and where it is: a slice if the table is sorted by it."""
    number = np.asarray(number)
    if not len(number):
        return []
    if (number[1:] >= number[:-1]).all():
        start = np.concatenate([[0], np.flatnonzero(np.diff(number)) + 1, [len(number)]])
        return [(int(number[a]), slice(a, b)) for a, b in zip(start[:-1].tolist(), start[1:].tolist())]
    order = np.argsort(number, kind="stable")
    start = np.flatnonzero(np.diff(number[order])) + 1
    return [(int(number[rows[0]]), rows) for rows in np.split(order, start)]


Rows = np.ndarray | slice
_NONE = slice(0, 0)


class RowsByExperiment:
    """Where the rows of each experiment are in a table; worked out once, then told without a look at the table."""

    def __init__(self, number: np.ndarray) -> None:
        self._rows: dict[int, Rows] = dict(rows_by_experiment(number))

    def __getitem__(self, number: int) -> Rows:
        """The rows of experiment ``number``, rising: a slice where they follow each other, which no row is."""
        return self._rows.get(number, _NONE)

    def __iter__(self) -> Iterator[tuple[int, Rows]]:
        """Each number that occurs, rising, and its rows; -1 is what belongs to no experiment."""
        return iter(self._rows.items())

    def array(self, number: int) -> np.ndarray:
        """The rows of experiment ``number`` one by one, rising."""
        rows = self[number]
        return np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows

    def count(self, number: int) -> int:
        """How many rows experiment ``number`` has."""
        rows = self[number]
        return rows.stop - rows.start if isinstance(rows, slice) else len(rows)


def rows_of_each(number: np.ndarray, n: int) -> list[np.ndarray]:
    """(n) arrays, rising, of where each experiment number below ``n`` is in ``number`` (N,); empty where it is not.

    Once through the table, where a comparison for each experiment goes n times through it.
    """
    number = np.asarray(number)
    found = [np.zeros(0, np.intp)] * n
    for i, rows in rows_by_experiment(number):
        if 0 <= i < n:
            found[i] = np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows
    return found


def changed_indices(hkl: np.ndarray, number: np.ndarray, changes: Sequence[np.ndarray]) -> np.ndarray:
    """(N, 3) int32: indices h P, each with the P (3, 3) of its experiment; those of no experiment (-1) as they are."""
    changed = np.array(hkl, np.int32)
    for i, rows in rows_by_experiment(number):
        if i >= 0:
            changed[rows] = np.rint(hkl[rows] @ np.asarray(changes[i], float))
    return changed
