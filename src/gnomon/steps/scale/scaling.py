"""One round after another: scales, intensities, errors and outliers improve together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gnomon.maths.intensities.merging import KeptMeans, kept_means, normalised_weights
from gnomon.maths.intensities.normalised import expected_intensity
from gnomon.maths.intensities.shells import shells_by_volume
from gnomon.steps.scale.comparisons import FEW_COMPARISONS
from gnomon.steps.scale.error_model import (
    PROPORTIONAL,
    SIGNAL,
    Counting,
    ErrorModel,
    Moments,
    ScaleErrors,
    VarianceTerms,
    background_terms,
    coefficients,
    error_model_of,
    expected_moments,
    expected_of_shells,
    fit_basic_model,
    fit_error_model,
    has_shot_noise,
    in_groups,
    source_of,
    variance_terms,
)
from gnomon.steps.scale.fit import Fit, Problem, evaluate_scales, fit_scales
from gnomon.steps.scale.model import SURFACE_WEIGHT, Setup, sweeps_at
from gnomon.steps.scale.observations import FIRST_B, WHOLE, Intensities, Observations, best_blend, blend
from gnomon.steps.scale.outliers import find_outliers, too_strong, unlike_mates
from gnomon.steps.scale.summary import TriedIntensities

_LEAST_B = 0.002  # no instrument measures better, whatever a few strong equivalents say
_ROUGH = 0.5  # relative error of first scales, which know nothing of decay, absorption and the beam
_SINGLE_E = 4.5  # normalised amplitude above which an observation without equivalents is not believed
_WILSON_CYCLES = 5
_STRONGEST_RATIO = 10.0  # of the median: what is stronger counts as this (a hot pixel is no scale)


@dataclass(frozen=True, eq=False)
class State:
    """What improves from round to round; arrays are over all N observations."""

    intensities: Intensities
    g: np.ndarray
    g_variance: np.ndarray
    g_draws: np.ndarray  # (N, k) possible errors of ln g; none before a fit
    used: np.ndarray  # (N,) bool: the observations by which the scales were fitted
    variance: np.ndarray  # of the scaled intensity, I / g
    outlier: np.ndarray
    fit: Fit
    error_model: ErrorModel
    negligible: np.ndarray | None = None  # weighs too little beside its equivalents to be merged

    @property
    def merged(self) -> np.ndarray:
        """(N,) bool: what the merged intensities are made of."""
        return ~self.outlier if self.negligible is None else ~self.outlier & ~self.negligible

    @property
    def scaled(self) -> np.ndarray:
        """(N,) intensities on the common scale."""
        return self.intensities.value / self.g


def first_state(setup: Setup) -> State:
    """Scales by mean intensities, profile-fitted intensities where there are any, and a guess at the errors."""
    observations = setup.observations
    intensities = blend(observations, 1.0 if setup.params.intensity_choice == "sum" else 0.0)
    n = len(observations)
    scales = wilson_scales(observations, intensities.value, len(setup.plans))
    scales = scales * level_of_target(setup, intensities.value / scales[observations.experiment])
    start = setup.layout.constant(scales)
    g = scales[observations.experiment]
    state = State(
        intensities,
        g,
        np.zeros(n),
        np.zeros((n, 0)),
        np.zeros(n, bool),
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
    telling = groups.counts > 1
    if (target := setup.target_of(rows)) is not None:
        telling |= np.isfinite(target)
    rows = rows[ordered[telling[groups.label[ordered]]]]
    groups = setup.observations.groups.select(rows)
    weight = 1 / (state.variance[rows] * state.g[rows] ** 2)
    problem = Problem(
        sweeps_at(setup, rows), groups, state.intensities.value[rows], weight, setup.target_of(rows), setup.shared
    )
    fit = fit_scales(problem, state.fit.parameters)
    found = evaluate_scales(setup, fit, state.scaled**2 / state.variance)
    used = np.isin(np.arange(len(state.g)), rows)
    state = replace(state, fit=fit, g=found.g, g_variance=found.variance, g_draws=found.draws, used=used)
    return with_variance(setup, state)


def with_surface_weights(setup: Setup, state: State) -> Setup:
    """The setup with absorption restrained as its own parameters suggest, order by order.

    The weight of order l is 1 / <P_lm^2> over all sweeps, with the parameters' uncertainty counted in: the most
    likely width of a normal prior (MacKay 1992, Neural Comput. 4, 415), from 5e3 to 5e6.
    """
    covariance = state.fit.covariance
    if setup.params.surface_weight or covariance is None or not any(plan.lmax for plan in setup.plans):
        return setup
    lmax = max(plan.lmax for plan in setup.plans)
    squares = state.fit.parameters**2 + covariance.diagonal
    of_sweeps = [setup.layout.components(i) for i in range(len(setup.plans))]
    found = [squares[parts["absorption"]] for parts in of_sweeps if "absorption" in parts]
    order = np.repeat(np.arange(lmax), 2 * np.arange(1, lmax + 1) + 1)
    sizes = np.bincount(order, weights=np.mean(found, axis=0)) / np.bincount(order)
    weights = tuple(np.clip(1 / sizes, SURFACE_WEIGHT / 100, SURFACE_WEIGHT * 10).tolist())
    return replace(setup, plans=[replace(plan, surface_weights=weights) for plan in setup.plans])


def merged_so_far(setup: Setup, state: State) -> KeptMeans:
    """The means of the groups at present."""
    return kept_means(setup.observations.groups, state.scaled, state.variance, ~state.outlier)


def expected_of(setup: Setup, state: State) -> Moments:
    """First and second moment (M,) of the true intensity of each group, as its kept observations tell."""
    groups = setup.observations.groups
    return expected_moments(merged_so_far(setup, state), groups.mean(setup.observations.d), _counting(setup, state))


def _counting(setup: Setup, state: State) -> Counting:
    """What one count more adds to the means of groups, and the background behind them, by the error model so far."""
    observations, model, number = setup.observations, state.error_model, setup.error_groups
    weight = normalised_weights(observations.groups, state.variance, ~state.outlier)
    if not has_shot_noise(observations, state.intensities):
        return Counting(*np.zeros((2, len(observations.groups))))
    terms = background_terms(observations, state.intensities, state.g)
    background = sum(model.factor(name, number) * term for name, term in terms.items())
    one = observations.groups.sum(weight**2 * model.factor(SIGNAL, number) * observations.gain / state.g)
    variance = observations.groups.sum(weight**2 * background)
    return Counting(one, variance / np.maximum(one, 1e-300))


def terms_of(setup: Setup, state: State) -> VarianceTerms:
    """The terms of the variance at the present scales and means."""
    return _terms_at(setup, state, expected_of(setup, state))


def _terms_at(setup: Setup, state: State, moments: Moments) -> VarianceTerms:
    """The terms for these moments (M,) of each group."""
    groups = setup.observations.groups
    crystals, several = _crystals(setup), None
    if crystals.any():
        shell = expected_of_shells(merged_so_far(setup, state), groups.mean(setup.observations.d))
        several = (crystals, shell[groups.label])
    terms = variance_terms(
        setup.observations, state.intensities, (state.g, state.g_variance), moments.of_observations(groups), several
    )
    return in_groups(terms, setup.error_groups)


def _crystals(setup: Setup) -> np.ndarray:
    """(N,) numbers from 0: by which crystal each observation was made; one that turned in several scans is one."""
    return setup.experiments.rows("crystal")[setup.observations.experiment]


def _terms_at_observed_means(setup: Setup, state: State, names: tuple[str, ...]) -> np.ndarray:
    """(K, N) the same terms at the means of the groups as they were observed."""
    seen = merged_so_far(setup, state)
    terms = _terms_at(setup, state, Moments(seen.mean, seen.mean**2 - seen.variance))
    row = dict(zip(terms.names, terms.terms))
    return np.array([row.get(name, np.zeros(len(state.g))) for name in names])  # a term without any signal is left out


def with_variance(setup: Setup, state: State) -> State:
    """The state with variances by its error model at its present scales."""
    terms = terms_of(setup, state)
    return replace(state, variance=terms.variance(coefficients(terms, state.error_model.theta)))


def refine_errors(setup: Setup, state: State) -> State:
    """The error model fitted anew to all observations that have equivalents and are no outliers."""
    if setup.params.error_model == "none":
        return replace(state, error_model=ErrorModel({PROPORTIONAL: 0.0}))
    terms = terms_of(setup, state)
    groups, use = setup.observations.compared, _that_tell_errors(setup, state)
    observed = _terms_at_observed_means(setup, state, terms.names)[:, use]
    terms = replace(terms, scales=_scale_errors(setup, state))
    given, seen = setup.params.given_errors, (groups.select(use), state.scaled[use], terms.select(use), observed)
    if given is not None:
        theta = fit_basic_model(*seen, given)
        model = error_model_of(terms, theta, setup.error_groups)
        return replace(state, error_model=model, variance=terms.variance(theta))
    theta = fit_error_model(*seen)
    for at, name in enumerate(terms.names):
        if source_of(name) == PROPORTIONAL:
            theta[at] = max(theta[at], _LEAST_B**2)
    model = error_model_of(terms, theta, setup.error_groups)
    return replace(state, error_model=model, variance=terms.variance(theta))


def _that_tell_errors(setup: Setup, state: State) -> np.ndarray:
    """(n,) observations that have equivalents and are no outliers, as strong and as often seen as was asked."""
    params, groups = setup.params, setup.observations.compared
    keep = ~state.outlier
    if params.min_ih is not None:
        keep &= (merged_so_far(setup, state).mean >= params.min_ih)[setup.observations.groups.label]
    still = np.array([e.is_still for e in setup.experiments])[setup.observations.experiment]
    if params.stills_min_isigma is not None:
        keep &= ~still | (state.intensities.value >= params.stills_min_isigma * np.sqrt(state.intensities.variance))
    number = groups.sum(keep.astype(float))[groups.label]
    return np.flatnonzero(keep & (number >= np.where(still, params.stills_min_multiplicity, 2)))


def _scale_errors(setup: Setup, state: State) -> ScaleErrors | None:
    """What the fit of the scales does to differences among equivalents; none before a fit."""
    if state.fit.covariance is None:
        return None
    groups = setup.observations.groups
    draws = state.g_draws * np.sqrt(expected_of(setup, state)[1])[groups.label, None]
    weight = np.where(state.used, 1 / state.variance, 0.0)
    return ScaleErrors.of(draws, groups, weight, state.fit.covariance.factor)


def reject_outliers(setup: Setup, state: State) -> State:
    """Outliers found anew under the present scales and variances."""
    outlier = _too_strong(setup, state)
    z_max = setup.params.outlier_zmax
    if z_max > 0 and setup.comparisons >= FEW_COMPARISONS:
        rows = np.flatnonzero(~outlier)
        groups = setup.observations.compared.select(rows)
        outlier[rows] = find_outliers(groups, state.scaled[rows], state.variance[rows], z_max)
        rows = np.flatnonzero(~outlier)
        square = expected_of(setup, state)[1][setup.observations.groups.label[rows]]
        apart = setup.observations.apart.select(rows)
        outlier[rows] = unlike_mates(apart, state.scaled[rows], state.variance[rows], square, z_max)
    return replace(state, outlier=outlier)


def without_absurd(setup: Setup, state: State) -> State:
    """The first state without what no error of its scale explains, which would distort the first fit for good."""
    square = expected_of(setup, state)[1][setup.observations.groups.label]
    rough = reject_outliers(setup, replace(state, variance=state.variance + _ROUGH**2 * square))
    return with_variance(setup, replace(state, outlier=rough.outlier))


def _too_strong(setup: Setup, state: State) -> np.ndarray:
    """(N,) bool: stronger than any reflection of the shell can be, above all where no equivalent is there to tell."""
    observations, e_max = setup.observations, setup.params.emax
    if e_max == 0:
        return np.zeros(len(observations), bool)
    shells = shells_by_volume(float(observations.d.max()), float(observations.d.min()), 20)
    shell = shells.of(observations.groups.mean(observations.d))
    single = observations.groups.counts[observations.groups.label] == 1
    limits = np.where(single, min(_SINGLE_E, e_max), e_max)
    return too_strong(observations.groups, state.scaled, state.variance, shell, limits)


def choose_intensities(setup: Setup, state: State) -> tuple[State, tuple[TriedIntensities, ...]]:
    """The blend of profile-fitted and summed intensities with the lowest Rmeas, and what was tried.

    With few equivalents the choice would be chance; then profile-fitted ones are taken where there are any.
    """
    if setup.params.intensity_choice != "combine" or setup.comparisons < FEW_COMPARISONS:
        return state, ()
    expected = expected_of(setup, state)[0][setup.observations.groups.label] * state.g
    mixed, tried = best_blend(setup.observations, state.g, expected, setup.params.outlier_zmax or 6.0)
    return with_variance(setup, replace(state, intensities=mixed)), tried


def level_of_target(setup: Setup, value: np.ndarray) -> float:
    """The intensities ``value`` (N,) over the target, on average; 1 where there is none, or they are nothing."""
    if setup.target is None:
        return 1.0
    expected = setup.target[setup.observations.groups.label]
    known = np.isfinite(expected)
    level = float(value[known].sum() / expected[known].sum())
    return level if level > 0 else 1.0


def wilson_scales(observations: Observations, intensity: np.ndarray, n_sweeps: int) -> np.ndarray:
    """(S,) scales that give all sweeps the same mean intensity at the same resolution; 1 on average.

    Wilson 1949, Acta Cryst. 2, 318. Where equivalents connect sweeps this is only where the fit begins.
    """
    which, d = observations.experiment, observations.d
    scale = np.ones(n_sweeps)
    if n_sweeps == 1:
        return scale
    order = np.argsort(which, kind="stable")
    of_sweep = np.split(order, np.searchsorted(which[order], np.arange(1, n_sweeps)))
    for _ in range(_WILSON_CYCLES):
        ratio = intensity / scale[which]
        ratio = ratio / expected_intensity(d, ratio)
        for i, rows in enumerate(of_sweep):
            middle = np.median(ratio[rows]) if len(rows) else 0.0
            if middle > 0:
                scale[i] *= np.minimum(ratio[rows], _STRONGEST_RATIO * middle).mean()
    return scale / scale.mean()
