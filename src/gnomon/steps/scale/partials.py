"""Reflections cut by the ends of the scan: does I / partiality overshoot?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gnomon.steps.scale.intensities import blend
from gnomon.steps.scale.observations import Observations
from gnomon.steps.scale.scaling import State, group_means, with_variance
from gnomon.steps.scale.setup import Setup

_PARTIAL = 0.99  # below this a reflection counts as partial
_FEWEST = 20  # partials that can tell an excess


def excess_of_partials(observations: Observations, state: State) -> tuple[float, float]:
    """The excess e and its standard error, I / partiality being too high by 1 + e (1 - partiality).

    Weighted least squares against whole equivalents, deviates beyond 2.5 clipped. (0, 0) with too few partials.
    """
    partial = (observations.partiality < _PARTIAL) & ~state.outlier
    whole = ~partial & ~state.outlier
    has_whole = (observations.groups.sum(whole.astype(float)) > 0)[observations.groups.label]
    rows = np.flatnonzero(partial & has_whole)
    if len(rows) < _FEWEST:
        return 0.0, 0.0
    mean = group_means(observations.groups, state.scaled, state.variance, whole)[rows]
    x, weight = (1 - observations.partiality[rows]) * mean, 1 / state.variance[rows]
    difference = state.scaled[rows] - mean
    excess = 0.0
    for _ in range(20):
        residual = difference - excess * x
        limit = 2.5 * np.sqrt(np.average(residual**2 * weight) / weight)
        excess += float(np.sum(weight * x * np.clip(residual, -limit, limit)) / np.sum(weight * x * x))
    scatter = np.average((difference - excess * x) ** 2 * weight)
    return excess, float(np.sqrt(scatter / np.sum(weight * x * x)))


def calibrate_partials(setup: Setup, state: State) -> tuple[Setup, State, float]:
    """The observations and state with that excess divided out, if it is over three standard errors; and the excess."""
    excess, error = excess_of_partials(setup.observations, state)
    if abs(excess) <= 3 * error:
        return setup, state, 0.0
    observations = setup.observations
    factor = 1 / np.maximum(1 + excess * (1 - observations.partiality), 0.1)
    corrected = replace(
        observations,
        profile=observations.profile * factor,
        profile_variance=observations.profile_variance * factor**2,
        summed=observations.summed * factor,
        summed_variance=observations.summed_variance * factor**2,
        gain=observations.gain * factor,
    )
    setup = replace(setup, observations=corrected)
    state = replace(state, intensities=blend(corrected, state.intensities.i_mid))
    return setup, with_variance(setup, state), excess
