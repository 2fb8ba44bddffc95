"""Some of many marks, so that a figure stays light whatever the number of data sets."""

from __future__ import annotations

import numpy as np

MOST_MARKS = 1500
"""Points of data sets in one figure: 5 pixels each, they fill it."""
_EXTREMES = 100


def spread(n: int, most: int = MOST_MARKS) -> np.ndarray:
    """Rows, rising: all of n, or ``most`` of them at even steps."""
    return np.arange(n) if n <= most else np.unique(np.linspace(0, n - 1, most).round().astype(int))


def spread_with_extremes(values: np.ndarray, most: int = MOST_MARKS) -> np.ndarray:
    """The same of values (n, ...), with those rows among them that lie farthest from the median."""
    n = len(values)
    if n <= most:
        return np.arange(n)
    off = np.abs(np.asarray(values, float).reshape(n, -1) - np.nanmedian(values, axis=0))
    off = np.nan_to_num(off / np.maximum(np.nanmedian(off, axis=0), 1e-12)).max(axis=1)
    far = np.argsort(-off, kind="stable")[:_EXTREMES]
    return np.union1d(spread(n, most - _EXTREMES), far)


def thinned_note(note: str, shown: int, n: int, what: str = "points") -> str:
    """``note``, and how many are drawn where not all are."""
    return note if shown >= n else f"{note} {shown} of {n} {what} are drawn.".strip()
