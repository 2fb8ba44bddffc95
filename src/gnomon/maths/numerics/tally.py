"""Sums, means and correlations of many values in few bins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


def ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """``above / below``, nan where ``below`` is not positive."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.asarray(below) > 0, above / below, np.nan)


@dataclass(frozen=True, eq=False)
class Tally:
    """Value k belongs to ``bins[k]`` of ``n``; values outside 0..n-1 are left out."""

    bins: np.ndarray  # (K,) int
    n: int

    def number(self) -> np.ndarray:
        """(n,) values in each bin."""
        return np.bincount(self.bins[self._inside], minlength=self.n)

    def sum(self, values: np.ndarray) -> np.ndarray:
        """(n,) sum of ``values`` (K,) in each bin."""
        inside = self._inside
        return np.bincount(self.bins[inside], weights=np.asarray(values)[inside], minlength=self.n)

    def mean(self, values: np.ndarray) -> np.ndarray:
        """(n,) mean in each bin, nan where it is empty."""
        return ratio(self.sum(values), self.number())

    def where(self, keep: np.ndarray) -> Tally:
        """A tally of the values with ``keep`` (K,) true; the others are left out."""
        return Tally(np.where(keep, self.bins, -1), self.n)

    def correlation(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """(n,) Pearson's correlation of x and y (K,) in each bin, nan for fewer than 3 values."""
        at = np.clip(self.bins, 0, self.n - 1)
        dx, dy = x - self.mean(x)[at], y - self.mean(y)[at]
        r = ratio(self.sum(dx * dy), np.sqrt(self.sum(dx * dx) * self.sum(dy * dy)))
        return np.where(self.number() > 2, r, np.nan)

    @property
    def _inside(self) -> np.ndarray:
        return (self.bins >= 0) & (self.bins < self.n)


def equal_tally(values: np.ndarray, n: int) -> Tally:
    """``n`` bins of as many each of ``values`` (K,), from the lowest to the highest."""
    bins = np.empty(len(values), np.intp)
    for i, rows in enumerate(np.array_split(np.argsort(values, kind="stable"), n)):
        bins[rows] = i
    return Tally(bins, n)
