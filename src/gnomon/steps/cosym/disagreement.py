"""Data sets whose intensities are unlike the others': another protein, misindexed, noise. They have no say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.distribute.executor import INLINE, Executor
from gnomon.kernels.pair_correlation import N_SUMS
from gnomon.maths.data_sets.pairwise import Pairs, correlations
from gnomon.maths.intensities.normalised import Observations
from gnomon.maths.numerics.leading import leading_eigenvectors
from gnomon.models.by_experiment import rows_by_experiment
from gnomon.steps.cosym.comparison import Comparison

_UNLIKE = 0.5
"""Of the usual correlation without errors: crystals of one form agree by more, whatever species they are."""
_CERTAIN = 3.0  # standard errors
_MIN_PAIRS = 10
_LEAST_SETS = 4
"""With fewer data sets there is no majority."""
_ROUNDS = 20


def agreeing(obs: Observations, strange: dict[int, str]) -> Observations:
    """The observations of the data sets that are like the others."""
    return obs if not strange else obs.select(~np.isin(obs.experiment, list(strange)))


def disagreeing(data: Comparison, turn: np.ndarray, executor: Executor = INLINE) -> dict[int, str]:
    """The data sets unlike the majority in the settings chosen, by number, with the reason.

    The majority grows from the leading eigenvector of the evidence between data sets; a member correlates with the
    rest of it, freed of errors, by at least half of what is usual there, or not significantly less.
    """
    n = len(turn)
    if n < _LEAST_SETS:
        return {}
    pair_sums = _in_settings(data, turn, executor)
    reliable = _reliability(data.obs, n)
    most = _leading(pair_sums)
    cc, sigma = _with_majority(pair_sums, most, reliable)
    for _ in range(_ROUNDS):
        usual = float(np.median(cc[most]))
        new = cc + _CERTAIN * sigma > _UNLIKE * usual
        if new.sum() < 2 or np.array_equal(new, most):
            break
        most = new
        cc, sigma = _with_majority(pair_sums, most, reliable)
    usual = float(np.median(cc[most])) if most.any() else 0.0
    if not most.any() or usual < _CERTAIN * float(np.median(sigma[most])) or most.sum() <= n // 2:
        return {}  # nothing that most data sets share: nobody may be called strange
    return {
        int(i): f"intensities correlate by {cc[i]:.2f} with the others', where {usual:.2f} is usual: another protein, "
        "misindexed, or noise"
        for i in np.flatnonzero(~most)
    }


def _in_settings(data: Comparison, turn: np.ndarray, executor: Executor) -> np.ndarray:
    """(n, n, N_SUMS) sums over reflections that two data sets share in their chosen settings."""
    n = len(turn)
    found = np.zeros((n, n, N_SUMS))
    for i, parts in enumerate(data.pairs.each(_InSettings(data.pairs, turn), range(n), executor)):
        found[i, :i], found[:i, i] = parts
    return found


@dataclass(frozen=True, eq=False)
class _InSettings:
    """(i, N_SUMS) the sums of data set i with those before it in the settings ``turn`` (n,), and of those with it."""

    pairs: Pairs
    turn: np.ndarray

    def __call__(self, i: int, sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        own, others, relation = self.turn[i], self.turn[:i], self.pairs.relation
        mine = sums[np.arange(i), relation[own, others]]
        return mine, self.pairs.mirrored(sums[:i])[np.arange(i), relation[others, own]]


def _reliability(obs: Observations, n: int) -> np.ndarray:
    """(n,) the part of the variance of each data set's E² that counting did not make; at least 5 %."""
    found, noise = np.ones(n), obs.e2_noise
    for i, mine in rows_by_experiment(obs.experiment):
        e2 = obs.e2[mine]
        if len(e2) >= _MIN_PAIRS:
            found[i] = np.clip(1 - noise[mine].mean() / max(float(e2.var()), 1e-12), 0.05, 1.0)
    return found


def _leading(sums: np.ndarray) -> np.ndarray:
    """(n,) bool: data sets whose part in the leading eigenvector of the correlations is at least half of the usual."""
    found = correlations(sums, _MIN_PAIRS)
    weight = np.sqrt(found.weight)
    usual = np.median(weight) or np.median(weight[weight > 0] if weight.any() else weight)
    matrix = found.cc * np.minimum(weight, usual)
    vector = leading_eigenvectors((matrix + matrix.T) / 2, 1)[1][:, 0]
    vector = vector * np.sign(vector.sum() or 1.0)
    usual = np.median(vector[vector > 0.5 * vector.max()])
    return np.asarray(vector > _UNLIKE * usual)


def _with_majority(sums: np.ndarray, most: np.ndarray, reliable: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n,) correlation without errors of each data set with the majority (itself left out), and its error."""
    pooled = np.zeros((len(sums), N_SUMS))
    weight = np.zeros(len(sums))
    for i in range(len(sums)):
        others = most.copy()
        others[i] = False
        pooled[i] = sums[i, others].sum(axis=0)
        n = sums[i, others, 7]
        weight[i] = float(np.sqrt(reliable[i]) * (n @ np.sqrt(reliable[others])) / max(n.sum(), 1.0))
    found = correlations(pooled, _MIN_PAIRS)
    scale = np.maximum(weight, 0.05)
    sigma = np.where(np.isfinite(found.sigma), 1 / np.sqrt(np.maximum(found.weight, 1.0)), np.inf)
    return found.cc / scale, sigma / scale
