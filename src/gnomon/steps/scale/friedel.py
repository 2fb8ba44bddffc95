"""Friedel mates that differ: neither an error of measurement nor a reason to reject."""

from __future__ import annotations

import numpy as np

from gnomon.maths.merging import Groups, friedel_pairs, merge
from gnomon.steps.scale.observations import ENOUGH, Observations
from gnomon.steps.scale.outliers import find_outliers
from gnomon.summary import Decision

_MEDIAN_SQUARE = 0.4549  # of standard normal deviates; deaf to what is still to be rejected
_HALVINGS = 40


def friedel_reasons(observations: Observations) -> list[Decision]:
    """What is said where mates are compared as equivalents, because there is little else to compare."""
    apart = len(observations) - len(observations.apart)
    if observations.compared is observations.apart or len(observations.apart) == len(observations.compared):
        return []
    reason = (
        f"I(+) and I(-) apart allow only {apart} independent comparisons (fewer than {ENOUGH}): "
        "an anomalous signal counts as error"
    )
    return [Decision("Friedel mates are compared as equivalents", reason, {"comparisons": apart, "enough": ENOUGH})]


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
