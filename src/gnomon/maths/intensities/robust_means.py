"""Mean intensities of resolution shells, deaf to what cannot be true of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.maths.numerics.tally import Tally, ratio

_UNLIKELY = 20.0
"""I over the mean, beyond which a reflection says nothing of the mean: by Wilson's statistics one acentric reflection
of 5e8 is stronger, one centric of 130,000. Read 1999, Acta Cryst. D55, 1759."""
_LOOSE = 5.0  # sigmas of an intensity, and times the usual sigma of a shell
_CYCLES = 20


@dataclass(frozen=True, eq=False)
class RobustMeans:
    """Of each of n bins; nan where nothing is in it."""

    mean: np.ndarray  # (n,)
    error: np.ndarray  # (n,) of the mean, from the sigmas alone
    counted: np.ndarray  # (K,) bool: the values that the means are of


def robust_means(value: np.ndarray, sigma: np.ndarray, tally: Tally) -> RobustMeans:
    """The mean of each bin of intensities ``value`` with ``sigma``, (K,) each, without those that would spoil it.

    Not counted is what lies beyond 20 times the mean by more than five of its sigmas, on either side, and what has a
    sigma five times larger than both the usual one of its bin and the mean intensity. From the median upwards, until
    nothing changes; so a distribution with a long but true tail keeps its mean.
    """
    inside = (tally.bins >= 0) & (tally.bins < tally.n) & np.isfinite(value) & np.isfinite(sigma)
    tally, at = tally.where(inside), np.clip(tally.bins, 0, tally.n - 1)
    usual = medians(sigma, tally)
    least = ratio(usual, np.sqrt(tally.number()))
    mean, counted = np.maximum(medians(value, tally) / np.log(2), least), inside
    for _ in range(_CYCLES):
        level = np.maximum(mean, least)[at]
        near = inside & (np.abs(value) <= _UNLIKELY * level + _LOOSE * sigma)
        near &= sigma <= _LOOSE * np.hypot(usual[at], level)
        near |= inside & (tally.where(near).number() == 0)[at]
        if (near == counted).all():
            break
        counted, mean = near, tally.where(near).mean(value)
    part = tally.where(counted)
    return RobustMeans(part.mean(value), ratio(np.sqrt(part.sum(sigma**2)), part.number()), counted)


def medians(values: np.ndarray, tally: Tally) -> np.ndarray:
    """(n,) the median of ``values`` (K,) in each bin, nan where it is empty."""
    number = tally.number()
    order = np.lexsort((values, tally.bins))
    order = order[(tally.bins[order] >= 0) & (tally.bins[order] < tally.n)]
    first = np.cumsum(number) - number
    found = np.full(tally.n, np.nan)
    full = number > 0
    low, high = first + (number - 1) // 2, first + number // 2
    found[full] = 0.5 * (values[order[low[full]]] + values[order[high[full]]])
    return found
