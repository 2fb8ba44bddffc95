"""One round after another: scales, intensities, errors and outliers improve together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gnomon.maths.merging import Groups
from gnomon.maths.shells import shells_by_volume
from gnomon.models.experiment import Experiments
from gnomon.steps.scale.components import SweepScale
from gnomon.steps.scale.error_model import (
    PROPORTIONAL,
    ErrorModel,
    VarianceTerms,
    error_model_of,
    fit_error_model,
    variance_terms,
)
from gnomon.steps.scale.fit import Fit, Problem, fit_scales
from gnomon.steps.scale.intensities import Intensities, best_blend, blend
from gnomon.steps.scale.observations import Observations
from gnomon.steps.scale.outliers import find_outliers, too_strong
from gnomon.steps.scale.params import ScaleParams
from gnomon.steps.scale.physical import SweepPlan, build_sweep

_CHUNK = 20000  # observations whose design is held at once
_FIRST_B = 0.03  # error proportional to the intensity before any is known

_SINGLE_E = 4.5  # normalised amplitude above which an observation without equivalents is not believed


@dataclass(frozen=True, eq=False)
class Setup:
    """What does not change: the data, the plan of each sweep, and the observations that determine the scales."""

    experiments: Experiments
    observations: Observations
    s1: np.ndarray  # (N, 3)
    plans: Sequence[SweepPlan]
    chosen: np.ndarray  # (n,) observations
    params: ScaleParams


@dataclass(frozen=True, eq=False)
class State:
    """What improves from round to round; arrays are over all N observations."""

    intensities: Intensities
    g: np.ndarray
    g_variance: np.ndarray
    variance: np.ndarray  # of the scaled intensity, I / g
    outlier: np.ndarray
    fit: Fit
    error_model: ErrorModel

    @property
    def scaled(self) -> np.ndarray:
        """(N,) intensities on the common scale."""
        return self.intensities.value / self.g


def choose_observations(groups: Groups, most: int, seed: int) -> np.ndarray:
    """(n,) rows of all groups with two observations or more, or of random ones of them, about ``most`` rows."""
    several = np.flatnonzero(groups.counts > 1)
    order = np.random.default_rng(seed).permutation(several)
    taken = order[: np.searchsorted(np.cumsum(groups.counts[order]), most) + 1]
    inside = np.zeros(len(groups), bool)
    inside[taken] = True
    return np.flatnonzero(inside[groups.label])


def group_means(groups: Groups, value: np.ndarray, variance: np.ndarray, use: np.ndarray) -> np.ndarray:
    """(N,) the weighted mean of each observation's group over those in ``use``; of all where none is."""
    weight = np.where(use, 1.0, 1e-12) / variance
    return (groups.sum(weight * value) / groups.sum(weight))[groups.label]


def first_state(setup: Setup) -> State:
    """Scales of 1, profile-fitted intensities where there are any, and a guess at the errors."""
    observations = setup.observations
    intensities = blend(observations, 1.0 if setup.params.intensity_choice == "sum" else 0.0)
    n = len(observations)
    null = np.concatenate([s.null for s in sweeps_at(setup, np.arange(0))])
    state = State(
        intensities,
        np.ones(n),
        np.zeros(n),
        intensities.variance + (_FIRST_B * intensities.value) ** 2,
        np.zeros(n, bool),
        Fit(null, np.zeros((len(null),) * 2), (), 1.0),
        ErrorModel({PROPORTIONAL: _FIRST_B**2}),
    )
    return with_variance(setup, state)


def sweeps_at(setup: Setup, rows: np.ndarray) -> list[SweepScale]:
    """The components of every sweep at some observations."""
    which = setup.observations.experiment[rows]
    sweeps = []
    for i, (experiment, plan) in enumerate(zip(setup.experiments, setup.plans)):
        own = rows[which == i]
        built = build_sweep(plan, experiment, setup.observations, own, setup.s1[own])
        sweeps.append(replace(built, rows=np.flatnonzero(which == i)))
    return sweeps


def refine_scales(setup: Setup, state: State) -> State:
    """Scales fitted anew with the present weights and without the outliers."""
    rows = setup.chosen[~state.outlier[setup.chosen]]
    groups = setup.observations.groups.select(rows)
    rows = rows[(groups.counts > 1)[groups.label]]
    groups = setup.observations.groups.select(rows)
    weight = 1 / (state.variance[rows] * state.g[rows] ** 2)
    problem = Problem(sweeps_at(setup, rows), groups, state.intensities.value[rows], weight)
    fit = fit_scales(problem, state.fit.parameters)
    g, g_variance = evaluate_scales(setup, fit)
    return with_variance(setup, replace(state, fit=fit, g=g, g_variance=g_variance))


def evaluate_scales(setup: Setup, fit: Fit) -> tuple[np.ndarray, np.ndarray]:
    """Inverse scales (N,) of all observations and their variances, from the covariance of the parameters."""
    n = len(setup.observations)
    g, variance = np.ones(n), np.zeros(n)
    for start in range(0, n, _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, n))
        end = 0
        for sweep in sweeps_at(setup, rows):
            part = slice(end, end + sweep.n_parameters)
            end = part.stop
            own = rows[sweep.rows]
            g[own] = np.maximum(sweep.scale(fit.parameters[part]), 1e-3)
            relative = sweep.relative_derivatives(fit.parameters[part])
            spread = np.einsum("ij,ij->i", relative @ fit.covariance[part, part], relative)
            variance[own] = g[own] ** 2 * np.maximum(spread, 0.0)
    return g, variance


def terms_of(setup: Setup, state: State) -> VarianceTerms:
    """The terms of the variance at the present scales and means."""
    mean = group_means(setup.observations.groups, state.scaled, state.variance, ~state.outlier)
    return variance_terms(setup.observations, state.intensities, (state.g, state.g_variance), mean)


def with_variance(setup: Setup, state: State) -> State:
    """The state with variances by its error model at its present scales."""
    terms = terms_of(setup, state)
    defaults = {PROPORTIONAL: _FIRST_B**2, "partial": 0.0}
    theta = np.array([state.error_model.theta.get(name, defaults.get(name, 1.0)) for name in terms.names])
    return replace(state, variance=terms.variance(theta))


def refine_errors(setup: Setup, state: State) -> State:
    """The error model fitted anew to all observations that have equivalents and are no outliers."""
    if setup.params.error_model == "none":
        return replace(state, error_model=ErrorModel({PROPORTIONAL: 0.0}))
    terms = terms_of(setup, state)
    groups, use = setup.observations.groups, np.flatnonzero(~state.outlier)
    use = use[(groups.select(use).counts > 1)[groups.select(use).label]]
    theta = fit_error_model(groups.select(use), state.scaled[use], terms.select(use))
    model = error_model_of(terms, theta)
    return replace(state, error_model=model, variance=terms.variance(theta))


def reject_outliers(setup: Setup, state: State) -> State:
    """Outliers found anew under the present scales and variances."""
    observations, params = setup.observations, setup.params
    outlier = np.zeros(len(observations), bool)
    if params.emax > 0:
        shells = shells_by_volume(float(observations.d.max()), float(observations.d.min()), 20)
        d = np.zeros(len(observations.groups))
        d[observations.groups.label] = observations.d
        outlier |= too_strong(observations.groups, state.scaled, shells.of(d), params.emax)
        single = observations.groups.counts[observations.groups.label] == 1
        outlier |= single & too_strong(observations.groups, state.scaled, shells.of(d), _SINGLE_E)
    if params.outlier_zmax > 0:
        rows = np.flatnonzero(~outlier)
        groups = observations.groups.select(rows)
        outlier[rows] = find_outliers(groups, state.scaled[rows], state.variance[rows], params.outlier_zmax)
    return replace(state, outlier=outlier)


def choose_intensities(setup: Setup, state: State) -> tuple[State, list[dict[str, float]]]:
    """The blend of profile-fitted and summed intensities with the lowest Rmeas, and what was tried."""
    if setup.params.intensity_choice != "combine":
        return state, []
    mixed, tried = best_blend(setup.observations, state.g, _FIRST_B, setup.params.outlier_zmax or 6.0)
    return with_variance(setup, replace(state, intensities=mixed)), tried
