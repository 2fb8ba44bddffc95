"""Reflections cut by the ends of the scan: does I / partiality overshoot?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gnomon.maths.merging import kept_means
from gnomon.steps.scale.expected import expected_moments
from gnomon.steps.scale.scaling import State, with_variance
from gnomon.steps.scale.setup import Setup
from gnomon.summary import Decision

_PARTIAL = 0.99  # below this a reflection counts as partial
_FEWEST = 20  # partials that can tell an excess
_MOST = 0.75  # no program's partials are off by more: DIALS 3.12's, by 25 to 30 % at one half, are the worst known
_USUAL = 0.2  # what is usual: gnomon's partials have an excess of 0, others' up to 0.5
_CLIP = 2.5  # sigma
_CYCLES, _CLOSE = 20, 0.01  # of the standard error
_LEAST_FACTOR = 0.2  # what is recorded is never all error
_RANGES = 8  # of partiality


@dataclass(frozen=True)
class Excess:
    """I / partiality is too high by 1 + e (1 - partiality): e as partials show it, its standard error, and as taken."""

    found: float
    error: float

    @property
    def taken(self) -> float:
        """Shrunk to none as it gets unsure, and at most 0.75 either way.

        The posterior mean under a normal prior about 0 of width 0.2: found * 0.2^2 / (0.2^2 + error^2).
        """
        return float(np.clip(self.found / (1 + (self.error / _USUAL) ** 2), -_MOST, _MOST))

    @property
    def decisions(self) -> list[Decision]:
        """What is said where no more than the most was divided out."""
        if abs(self.taken) < _MOST:
            return []
        what = (
            f"partial reflections of one half are off by {self.found / 2:+.0%} from whole equivalents, of which only "
            f"{self.taken / 2:+.0%} was divided out"
        )
        reason = "partialities this wrong should not be believed; see integrate"
        return [Decision(what, reason, {"found": self.found, "error": self.error, "taken": self.taken}, link=": ")]


def excess_of_partials(setup: Setup, state: State) -> Excess:
    """The excess of partials over whole equivalents; 0 with an error of 0 where fewer than 20 can tell.

    Least squares of I / (partiality (1 + e (1 - partiality))) - <I of whole ones> along the expected intensity, with
    the errors of both. The intensity is expected from all equivalents with weights 1 / variance, whose mean is
    independent of differences among them: so noise does not drag the slope down. Deviates beyond 2.5 are clipped.
    """
    observations = setup.observations
    partial = (observations.partiality < _PARTIAL) & ~state.outlier
    whole = ~partial & ~state.outlier
    known = observations.groups.sum(whole.astype(float)) > 0
    rows = np.flatnonzero(partial & known[observations.groups.label])
    if len(rows) < _FEWEST:
        return Excess(0.0, 0.0)
    rows, excess = rows[np.argsort(observations.partiality[rows], kind="stable")], 0.0
    for _ in range(_CYCLES):
        slope, deviate, scatter = _deviates(setup, state, (rows, whole), excess)
        information, towards = slope**2, slope * deviate
        error = scatter / np.sqrt(information.sum())
        before, excess = excess, float(np.clip(excess + towards.sum() / information.sum(), -1.5, 2.0))
        if abs(excess - before) < _CLOSE * error:
            break
    return Excess(excess, float(np.hypot(error, _lack_of_fit(information, towards))))


def _deviates(
    setup: Setup, state: State, which: tuple[np.ndarray, np.ndarray], excess: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Slope of each deviate against the excess, clipped deviates, (n,) each, and their scatter, in sigmas.

    which: partial rows (n,), and the whole ones (N,) bool.
    """
    (rows, whole), observations = which, setup.observations
    groups, cut = observations.groups, 1 - observations.partiality
    factor = np.where(whole, 1.0, np.maximum(1 + excess * cut, _LEAST_FACTOR))
    value, variance = state.scaled / factor, state.variance / factor**2
    everything = kept_means(groups, value, variance, ~state.outlier)
    expected = expected_moments(everything, groups.mean(observations.d))[0]
    mean, at = kept_means(groups, value, variance, whole), groups.label[rows]
    sigma = np.sqrt(variance[rows] + mean.variance[at])
    deviate = (value[rows] - mean.mean[at]) / sigma
    scatter = float(np.median(np.abs(deviate)) / 0.6745)  # the variances may not be right yet
    slope = cut[rows] * expected[at] / factor[rows] / sigma
    return slope, np.clip(deviate, -_CLIP * scatter, _CLIP * scatter), scatter


def _lack_of_fit(information: np.ndarray, towards: np.ndarray) -> float:
    """By how much the excess differs (jackknife) among ranges of partiality: its error, if 1 + e (1 - p) is no law."""
    parts = np.array_split(np.arange(len(information)), _RANGES)
    without = [
        (towards.sum() - towards[p].sum()) / max(information.sum() - information[p].sum(), 1e-300) for p in parts
    ]
    return float(np.sqrt((_RANGES - 1) * np.var(without)))


def calibrate_partials(setup: Setup, state: State) -> tuple[Setup, State, Excess]:
    """The observations and state with that excess, as far as it is sure, divided out; and the excess."""
    excess, observations = excess_of_partials(setup, state), setup.observations
    if excess.taken == 0:
        return setup, state, excess
    factor = 1 / (1 + excess.taken * (1 - observations.partiality))
    corrected = replace(
        observations,
        profile=observations.profile * factor,
        profile_variance=observations.profile_variance * factor**2,
        summed=observations.summed * factor,
        summed_variance=observations.summed_variance * factor**2,
        gain=observations.gain * factor,
    )
    intensities = replace(
        state.intensities, value=state.intensities.value * factor, variance=state.intensities.variance * factor**2
    )
    setup = replace(setup, observations=corrected)
    return setup, with_variance(setup, replace(state, intensities=intensities)), excess
