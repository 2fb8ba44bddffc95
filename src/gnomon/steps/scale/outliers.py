"""Observations that their equivalents, Friedel mates included, do not bear out."""

from __future__ import annotations

import numpy as np

from gnomon.maths.intensities.merging import Groups, friedel_pairs, merge, others
from gnomon.maths.intensities.robust_means import robust_means
from gnomon.maths.numerics.tally import Tally

_FEWEST_OF_SHELL = 20  # observations of a shell that tell its mean
_MEDIAN_SQUARE = 0.4549  # of standard normal deviates; deaf to what is still to be rejected
_HALVINGS = 40


def deviations(groups: Groups, value: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """(N,) each value less the weighted mean of the others of its group, over the sigma of that difference.

    The variance of the difference is exact: variance + 1 / (sum of the others' weights). 0 for single observations.
    """
    mean, weight = others(groups, value, 1 / variance)
    several = weight > 0
    return np.where(several, (value - mean) / np.sqrt(variance + 1 / np.where(several, weight, 1.0)), 0.0)


def find_outliers(
    groups: Groups, value: np.ndarray, variance: np.ndarray, z_max: float, among: np.ndarray | None = None
) -> np.ndarray:
    """(N,) bool: rejected because they lie more than ``z_max`` sigma from the mean of their equivalents.

    among: (N,) bool, those that may be rejected, all if not given. The worst of each group goes first, then the rest
    are tested anew. Of two that disagree the larger goes: what adds counts (a zinger, a neighbour, ice) is commoner
    than what takes away.
    """
    rejected = np.zeros(len(value), bool)
    active = np.arange(len(value))
    while len(active):
        part = groups.select(active)
        z = deviations(part, value[active], variance[active])
        size = np.abs(z) + 1e-6 * (z > 0)  # breaks the tie of a pair
        if among is not None:
            size = np.where(among[active], size, 0.0)
        worst = np.zeros(len(part))
        np.maximum.at(worst, part.label, size)
        bad = (size > z_max) & (size == worst[part.label])
        if not bad.any():
            break
        rejected[active[bad]] = True
        touched = np.zeros(len(part), bool)
        touched[part.label[bad]] = True
        active = active[touched[part.label] & ~bad]  # only these groups have changed
    return rejected


def too_strong(
    groups: Groups, value: np.ndarray, variance: np.ndarray, shell: np.ndarray, e_max: float | np.ndarray
) -> np.ndarray:
    """(N,) bool: E^2 = I / <I> above ``e_max``^2, <I> the robust mean of the resolution shell (M,) of the groups.

    e_max: one for all, or (N,). Read 1999, Acta Cryst. D55, 1759.
    """
    of_observation = shell[groups.label]
    tally = Tally(of_observation, int(shell.max(initial=-1)) + 1)
    mean = robust_means(value, np.sqrt(variance), tally).mean
    known = (of_observation >= 0) & (tally.number()[of_observation] > _FEWEST_OF_SHELL)
    return known & (value > e_max**2 * np.maximum(mean[of_observation], 0))


def anomalous_share(apart: Groups, value: np.ndarray, variance: np.ndarray, square: np.ndarray) -> float:
    """The variance of I(+) - I(-) beyond the errors, relative to the mean square intensity ``square`` (N,).

    With it the median of squared differences of mates is that of unit variance; 0 where it is no more without.
    """
    plus, minus = friedel_pairs(apart)
    if not len(plus):
        return 0.0
    mean = merge(apart, value, variance)
    error = mean.sigma[plus] ** 2 + mean.sigma[minus] ** 2
    difference, size = (mean.intensity[plus] - mean.intensity[minus]) ** 2, apart.mean(square)[plus]

    def spread(share: float) -> float:
        return float(np.median(difference / (error + share * size)) / _MEDIAN_SQUARE)

    low, high = 0.0, 1.0
    if spread(low) <= 1:
        return low
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if spread(middle) > 1 else (low, middle)
    return high


def unlike_mates(
    apart: Groups, value: np.ndarray, variance: np.ndarray, square: np.ndarray, z_max: float
) -> np.ndarray:
    """(N,) bool: observations without an equivalent of their own sign that lie over ``z_max`` sigma from their mates.

    The sigma holds the anomalous signal of all the data, so what mates may differ by is no reason.
    """
    alone = (apart.counts == 1)[apart.label]
    widened = variance + anomalous_share(apart, value, variance, square) * square
    return find_outliers(apart.joined(), value, widened, z_max, alone)
