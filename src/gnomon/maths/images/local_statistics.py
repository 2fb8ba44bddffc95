"""Mean and variance of the counts about each pixel, as thresholds by dispersion look at them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class LocalStatistics:
    """Of the usable pixels in a window about each pixel, (ny, nx) each: their number, mean and variance."""

    number: np.ndarray
    mean: np.ndarray  # 0 where there is no pixel
    variance: np.ndarray  # 0 where there are fewer than two

    @property
    def dispersion(self) -> np.ndarray:
        """(ny, nx) variance over mean: 1 of photons that are counted; 0 where nothing was."""
        return np.asarray(self.variance / np.where(self.mean > 0, self.mean, np.inf))


def local_statistics(counts: np.ndarray, use: np.ndarray, half: tuple[int, int]) -> LocalStatistics:
    """The statistics of ``counts`` (ny, nx) in windows of 2 half + 1 px along fast and slow, cut at the edges.

    use: (ny, nx) bool. Sums are of whole numbers, and so exact.
    """
    whole = np.where(use, counts, 0).astype(np.int64)
    n, total, square = (_sums(values, half) for values in (use.astype(np.int64), whole, whole**2))
    some = np.maximum(n, 1)
    scatter = square - total.astype(float) ** 2 / some
    return LocalStatistics(n, total / some, np.maximum(scatter, 0) / np.maximum(n - 1, 1))


def _sums(values: np.ndarray, half: tuple[int, int]) -> np.ndarray:
    """(ny, nx) of values (ny, nx): sums over the windows, by differences of sums from the corner."""
    for axis, reach in ((1, half[0]), (0, half[1])):
        run = np.cumsum(values, axis=axis)
        n = run.shape[axis]
        last = np.minimum(np.arange(n) + reach, n - 1)
        before = np.arange(n) - reach - 1
        left_out = np.take(run, np.maximum(before, 0), axis) * np.expand_dims(before >= 0, 1 - axis)
        values = np.take(run, last, axis) - left_out
    return values
