"""Observations that their equivalents disown."""

from __future__ import annotations

import numpy as np

from gnomon.maths.merging import Groups


def deviations(groups: Groups, value: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """(N,) each value less the weighted mean of the others of its group, over the sigma of that difference.

    The variance of the difference is exact: variance + 1 / (sum of the others' weights). 0 for single observations.
    """
    weight = 1 / variance
    others = groups.sum(weight)[groups.label] - weight
    several = (groups.counts > 1)[groups.label]
    others = np.where(several, np.maximum(others, 1e-300), 1.0)
    mean = (groups.sum(weight * value)[groups.label] - weight * value) / others
    return np.where(several, (value - mean) / np.sqrt(variance + 1 / others), 0.0)


def find_outliers(groups: Groups, value: np.ndarray, variance: np.ndarray, z_max: float) -> np.ndarray:
    """(N,) bool: rejected because they lie more than ``z_max`` sigma from the mean of their equivalents.

    The worst of each group goes first, then the rest are tested anew. Of two that disagree the larger goes: what
    adds counts (a zinger, a neighbour, ice) is commoner than what takes away.
    """
    rejected = np.zeros(len(value), bool)
    active = np.arange(len(value))
    while len(active):
        part = groups.select(active)
        z = deviations(part, value[active], variance[active])
        size = np.abs(z) + 1e-6 * (z > 0)  # breaks the tie of a pair
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


def too_strong(groups: Groups, value: np.ndarray, shell: np.ndarray, e_max: float) -> np.ndarray:
    """(N,) bool: E^2 = I / <I> above ``e_max``^2, <I> the mean of the resolution shell (M,) of the groups.

    Read 1999, Acta Cryst. D55, 1759.
    """
    of_observation = shell[groups.label]
    inside = of_observation >= 0
    n = int(shell.max(initial=-1)) + 1
    number = np.bincount(of_observation[inside], minlength=n)
    total = np.bincount(of_observation[inside], weights=value[inside], minlength=n)
    mean = total / np.maximum(number, 1)
    return inside & (number[of_observation] > 20) & (value > e_max**2 * np.maximum(mean[of_observation], 0))
