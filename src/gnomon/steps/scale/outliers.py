"""Observations that their equivalents disown."""

from __future__ import annotations

import numpy as np

from gnomon.maths.merging import Groups, others
from gnomon.maths.robust_means import robust_means
from gnomon.maths.tally import Tally

_FEWEST = 20  # observations of a shell that tell its mean


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
    told = (of_observation >= 0) & (tally.number()[of_observation] > _FEWEST)
    return told & (value > e_max**2 * np.maximum(mean[of_observation], 0))
