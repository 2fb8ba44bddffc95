"""Profile-fitted and summed intensities: their blend, and where their variance comes from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.maths.agreement import r_factors
from gnomon.maths.merging import merge
from gnomon.maths.tally import Tally
from gnomon.steps.scale.observations import Observations
from gnomon.steps.scale.outliers import find_outliers
from gnomon.steps.scale.summary import TriedIntensities

FIRST_B = 0.03
"""Error proportional to the intensity before any is known."""


@dataclass(frozen=True, eq=False)
class Intensities:
    """A blend of both estimates, (N,) each, corrected but unscaled. ``i_mid``: 0 all profile, 1 all summed."""

    value: np.ndarray
    variance: np.ndarray
    profile_share: np.ndarray  # of the profile-fitted estimate, 0 to 1
    i_mid: float


def blend(observations: Observations, i_mid: float, expected: np.ndarray | None = None) -> Intensities:
    """w I_prf + (1 - w) I_sum with w = 1 / (1 + (I / I_mid)^3), the variance alike.

    I: what is ``expected`` (N,) of each reflection, corrected but unscaled. The observed intensity would take the sum
    where it fluctuates upwards and the profile-fitted one where the sum fluctuates down, and come out high. Needed
    unless i_mid is 0 or 1. Where only one estimate exists it is taken. Evans & Murshudov 2013, Acta Cryst. D69, 1204.
    """
    has_profile = np.isfinite(observations.profile_variance)
    has_sum = np.isfinite(observations.summed_variance)
    if i_mid in (0, 1) or expected is None:
        share = np.full(len(observations), 1.0 - i_mid)
    else:
        share = 1 / (1 + (expected / i_mid) ** 3)
    share = np.where(has_profile & has_sum, share, has_profile.astype(float))
    profile_variance = np.where(has_profile, observations.profile_variance, 0.0)
    summed_variance = np.where(has_sum, observations.summed_variance, 0.0)
    return Intensities(
        share * observations.profile + (1 - share) * observations.summed,
        share * profile_variance + (1 - share) * summed_variance,
        share,
        i_mid,
    )


def candidates(observations: Observations, expected: np.ndarray) -> list[float]:
    """Values of I_mid to try: all profile, all summed, the mean, and tenths of the greatest to below the mean."""
    both = np.isfinite(observations.profile_variance) & np.isfinite(observations.summed_variance)
    if not both.any():
        return [0.0 if np.isfinite(observations.profile_variance).any() else 1.0]
    mean, top = float(expected[both].mean()), float(expected[both].max())
    tried = [0.0, 1.0] + ([mean] if mean > 1 else [])
    while top > max(mean, 10.0):
        top /= 10
        tried.append(top)
    return tried


def best_blend(
    observations: Observations, g: np.ndarray, expected: np.ndarray, z_max: float
) -> tuple[Intensities, tuple[TriedIntensities, ...]]:
    """The blend with the lowest Rmeas under the scales g (N,), and what was tried: I_mid and Rmeas of each.

    Each is judged without its own outliers, observations over ``z_max`` sigma from their equivalents, the sigma
    with an error of 0.03 times the intensity.
    """
    groups = observations.compared
    tried = []
    for i_mid in candidates(observations, expected):
        mixed = blend(observations, i_mid, expected)
        value, variance = mixed.value / g, mixed.variance / g**2
        variance += (FIRST_B * merge(groups, value, variance).intensity[groups.label]) ** 2
        keep = ~find_outliers(groups, value, variance, z_max)
        part = groups.select(keep)
        r = r_factors((part, value[keep], variance[keep]), Tally(np.zeros(len(part), np.intp), 1))
        tried.append(TriedIntensities(i_mid, float(r[1, 0])))
    best = min(tried, key=lambda t: t.r_meas)
    return blend(observations, best.i_mid, expected), tuple(tried)
