"""One round after another: scales, intensities, errors and outliers improve together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gnomon.maths.merging import Groups
from gnomon.maths.shells import shells_by_volume
from gnomon.steps.scale.connection import wilson_scales
from gnomon.steps.scale.error_model import (
    FIRST_B,
    PROPORTIONAL,
    ErrorModel,
    VarianceTerms,
    error_model_of,
    fit_error_model,
    variance_terms,
)
from gnomon.steps.scale.evaluate import evaluate_scales
from gnomon.steps.scale.expected import expected_moments
from gnomon.steps.scale.fit import Fit, Problem, fit_scales
from gnomon.steps.scale.freedom import FEW
from gnomon.steps.scale.intensities import Intensities, best_blend, blend
from gnomon.steps.scale.outliers import find_outliers, too_strong
from gnomon.steps.scale.physical import SURFACE_WEIGHT
from gnomon.steps.scale.setup import Setup, sweeps_at

_LEAST_B = 0.002  # no instrument measures better, whatever a few strong equivalents say
WHOLE = 0.95  # partiality of observations that may determine scales
_SINGLE_E = 4.5  # normalised amplitude above which an observation without equivalents is not believed


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


def group_means(groups: Groups, value: np.ndarray, variance: np.ndarray, use: np.ndarray) -> np.ndarray:
    """(N,) the weighted mean of each observation's group over those in ``use``; of all where none is."""
    weight = np.where(use, 1.0, 1e-12) / variance
    return (groups.sum(weight * value) / groups.sum(weight))[groups.label]


def first_state(setup: Setup) -> State:
    """Scales by mean intensities, profile-fitted intensities where there are any, and a guess at the errors."""
    observations = setup.observations
    intensities = blend(observations, 1.0 if setup.params.intensity_choice == "sum" else 0.0)
    n = len(observations)
    sweeps = sweeps_at(setup, np.arange(0))
    scales = wilson_scales(observations, intensities.value, len(sweeps))
    start = np.concatenate([sweep.at_scale(k) for sweep, k in zip(sweeps, scales)])
    g = scales[observations.experiment]
    state = State(
        intensities,
        g,
        np.zeros(n),
        (intensities.variance + (FIRST_B * intensities.value) ** 2) / g**2,
        np.zeros(n, bool),
        Fit(start, None, (), 1.0),
        ErrorModel({PROPORTIONAL: FIRST_B**2}),
    )
    return with_variance(setup, state)


def refine_scales(setup: Setup, state: State) -> State:
    """Scales fitted anew with the present weights and without the outliers."""
    if all(plan.held for plan in setup.plans):
        return with_variance(setup, state)
    whole = setup.observations.partiality > WHOLE
    rows = setup.chosen[(~state.outlier & whole)[setup.chosen]]
    groups = setup.observations.groups.select(rows)
    ordered = groups.order  # side by side, as the fit wants them
    rows = rows[ordered[(groups.counts > 1)[groups.label[ordered]]]]
    groups = setup.observations.groups.select(rows)
    weight = 1 / (state.variance[rows] * state.g[rows] ** 2)
    problem = Problem(sweeps_at(setup, rows), groups, state.intensities.value[rows], weight)
    fit = fit_scales(problem, state.fit.parameters)
    g, g_variance = evaluate_scales(setup, fit, state.scaled**2 / state.variance)
    return with_variance(setup, replace(state, fit=fit, g=g, g_variance=g_variance))


def with_surface_weights(setup: Setup, state: State) -> Setup:
    """The setup with absorption restrained as its own parameters suggest, order by order.

    The weight of order l is 1 / <P_lm^2> over all sweeps, with the parameters' uncertainty counted in: the most
    likely width of a normal prior (MacKay 1992, Neural Comput. 4, 415), from 5e3 to 5e6.
    """
    covariance = state.fit.covariance
    if setup.params.surface_weight or covariance is None or not any(plan.lmax for plan in setup.plans):
        return setup
    lmax, end = max(plan.lmax for plan in setup.plans), 0
    squares = state.fit.parameters**2 + covariance.diagonal
    found = []
    for sweep in sweeps_at(setup, np.arange(0)):
        for component in sweep.components:
            part = slice(end, end + component.n_parameters)
            end = part.stop
            if component.name == "absorption":
                found.append(squares[part])
    order = np.repeat(np.arange(lmax), 2 * np.arange(1, lmax + 1) + 1)
    sizes = np.bincount(order, weights=np.mean(found, axis=0)) / np.bincount(order)
    weights = tuple(np.clip(1 / sizes, SURFACE_WEIGHT / 100, SURFACE_WEIGHT * 10).tolist())
    return replace(setup, plans=[replace(plan, surface_weights=weights) for plan in setup.plans])


def terms_of(setup: Setup, state: State) -> VarianceTerms:
    """The terms of the variance at the present scales and means."""
    groups, d = setup.observations.groups, setup.observations.d
    weight = np.where(state.outlier, 1e-12, 1.0) / state.variance
    total = groups.sum(weight)
    moments = expected_moments(groups.sum(weight * state.scaled) / total, 1 / total, groups.mean(d))
    return _terms_at(setup, state, moments[0], moments[1])


def _terms_at(setup: Setup, state: State, first: np.ndarray, second: np.ndarray) -> VarianceTerms:
    """The terms for these moments (M,) of each group."""
    label = setup.observations.groups.label
    moments = (first[label], second[label])
    return variance_terms(setup.observations, state.intensities, (state.g, state.g_variance), moments)


def _terms_at_observed_means(setup: Setup, state: State, names: tuple[str, ...]) -> np.ndarray:
    """(K, N) the same terms at the means of the groups as they were observed."""
    groups = setup.observations.groups
    weight = np.where(state.outlier, 1e-12, 1.0) / state.variance
    total = groups.sum(weight)
    mean = groups.sum(weight * state.scaled) / total
    terms = _terms_at(setup, state, mean, mean**2 - 1 / total)
    row = dict(zip(terms.names, terms.terms))
    return np.array([row.get(name, np.zeros(len(weight))) for name in names])  # a term without any signal is left out


def with_variance(setup: Setup, state: State) -> State:
    """The state with variances by its error model at its present scales."""
    terms = terms_of(setup, state)
    theta = np.array([state.error_model.theta.get(name, first) for name, first in zip(terms.names, terms.expected)])
    return replace(state, variance=terms.variance(theta))


def refine_errors(setup: Setup, state: State) -> State:
    """The error model fitted anew to all observations that have equivalents and are no outliers."""
    if setup.params.error_model == "none":
        return replace(state, error_model=ErrorModel({PROPORTIONAL: 0.0}))
    terms = terms_of(setup, state)
    groups, use = setup.observations.groups, np.flatnonzero(~state.outlier)
    use = use[(groups.select(use).counts > 1)[groups.select(use).label]]
    observed = _terms_at_observed_means(setup, state, terms.names)[:, use]
    theta = fit_error_model(groups.select(use), state.scaled[use], terms.select(use), observed)
    if PROPORTIONAL in terms.names:
        at = terms.names.index(PROPORTIONAL)
        theta[at] = max(theta[at], _LEAST_B**2)
    model = error_model_of(terms, theta)
    return replace(state, error_model=model, variance=terms.variance(theta))


def reject_outliers(setup: Setup, state: State) -> State:
    """Outliers found anew under the present scales and variances."""
    observations, params = setup.observations, setup.params
    outlier = np.zeros(len(observations), bool)
    if params.emax > 0:
        shells = shells_by_volume(float(observations.d.max()), float(observations.d.min()), 20)
        shell = shells.of(observations.groups.mean(observations.d))
        outlier |= too_strong(observations.groups, state.scaled, shell, params.emax)
        single = observations.groups.counts[observations.groups.label] == 1
        outlier |= single & too_strong(observations.groups, state.scaled, shell, _SINGLE_E)
    if params.outlier_zmax > 0 and setup.comparisons >= FEW:
        rows = np.flatnonzero(~outlier)
        groups = observations.groups.select(rows)
        outlier[rows] = find_outliers(groups, state.scaled[rows], state.variance[rows], params.outlier_zmax)
    return replace(state, outlier=outlier)


def choose_intensities(setup: Setup, state: State) -> tuple[State, list[dict[str, float]]]:
    """The blend of profile-fitted and summed intensities with the lowest Rmeas, and what was tried.

    With few equivalents the choice would be chance; then profile-fitted ones are taken where there are any.
    """
    if setup.params.intensity_choice != "combine" or setup.comparisons < FEW:
        return state, []
    mixed, tried = best_blend(setup.observations, state.g, FIRST_B, setup.params.outlier_zmax or 6.0)
    return with_variance(setup, replace(state, intensities=mixed)), tried
