"""What came out of scaling: its summary, curves for pictures, models for the ``.expt``, reasons for sigmas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from gemmi import SpaceGroup

from gnomon.maths.data_sets.data_parts import data_sets
from gnomon.maths.data_sets.data_set import median_cell
from gnomon.maths.intensities.agreement import Observed, sigma_tau_correlation
from gnomon.maths.intensities.delta_cc_half import DeltaCCHalf
from gnomon.maths.intensities.merging import Groups, kept_means, merge
from gnomon.maths.intensities.resolution_fit import cc_half_resolution
from gnomon.maths.intensities.robust_means import medians
from gnomon.maths.intensities.statistics import MergingStatistics, merging_statistics, shell_by_shell
from gnomon.maths.numerics.normal import normal_quantile, probability_slope
from gnomon.maths.numerics.tally import Tally, equal_tally, ratio
from gnomon.models.experiment import Experiments
from gnomon.models.scaling_model import ScalingComponent, ScalingModel
from gnomon.models.scan import Scan
from gnomon.steps.scale.error_model import CRYSTALS, PROPORTIONAL, ErrorModel, VarianceTerms, coefficients, source_of
from gnomon.steps.scale.filtering import Filtering, Selection, contributions
from gnomon.steps.scale.model import NULL, Setup, SweepPlan, n_parameters, written_name
from gnomon.steps.scale.observations import Exclusions
from gnomon.steps.scale.outliers import deviations
from gnomon.steps.scale.scaling import State, expected_of, merged_so_far, terms_of
from gnomon.steps.scale.summary import (
    AlongImages,
    DataSetFigures,
    ErrorModelFigures,
    ModelAlong,
    NormalProbability,
    ScaleSummary,
    SpreadAtIntensity,
    TriedIntensities,
)
from gnomon.summary import Decision

_MOST_POINTS = 500  # of a plot of deviates
_MOST_IMAGES = 4000  # points of all data sets together
_POINTS_ALONG = 50  # points along a sweep
_INTENSITY_BINS = 10
_FAR_SIGMAS = 10.0  # times the integrated sigma, scaled alike, or a tenth of it
_ABSURD_INTENSITY = 100.0
"""Times what a shell or the observation's own equivalents show: no Wilson statistics reach so far."""
_REASON_SHELLS, _FEWEST_OF_SHELL = 20, 50
_REJECTED = "rejected as outliers, unlike the equivalents that their sigmas are by"
_SOURCES_IN_WORDS = {
    PROPORTIONAL: "the error in proportion to the intensity, which counts do not tell",
    "partial": "the error of a small partiality",
    CRYSTALS: "what crystals differ by",
    "scale": "an uncertain scale",
    "signal": "equivalents far from the few or many counts of this observation",
}


@dataclass(frozen=True)
class Choices:
    """What scaling decided by itself."""

    intensities_tried: tuple[TriedIntensities, ...]
    excess_of_partials: float
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, eq=False)
class Scaled:
    """One run of scaling: how it was set up, what came out, what took no part, what was decided."""

    setup: Setup
    state: State
    exclusions: Exclusions
    choices: Choices


def merged_figures(setup: Setup, state: State, group: SpaceGroup) -> MergingStatistics:
    """Merging statistics of all scaled observations that are to be merged."""
    observations, keep = setup.observations, state.merged
    scaled = (observations.hkl[keep], state.scaled[keep], state.variance[keep])
    return merging_statistics(
        scaled, median_cell(setup.experiments), group, shells=setup.params.nbins, seed=setup.params.seed
    )


def summarise(scaled: Scaled, group: SpaceGroup, selection: Selection, filtering: Filtering) -> ScaleSummary:
    """The statistics of all data, what was decided, and what plots need."""
    setup, state, exclusions, choices = scaled.setup, scaled.state, scaled.exclusions, scaled.choices
    merging = merged_figures(setup, state, group)
    along = models_along(setup, state, selection.names)
    contribution = contributions(setup, state, data_sets(selection.experiments, selection.names))
    model = state.error_model
    return ScaleSummary(
        space_group=group.xhm(),
        cell=tuple(median_cell(setup.experiments).tolist()),
        n_observations=len(setup.observations),
        n_outliers=int(state.outlier.sum()),
        n_light=int((~state.outlier & ~state.merged).sum()),
        n_unsuitable=int(exclusions.unsuitable.sum()),
        n_by_user=int((exclusions.by_user & ~exclusions.unsuitable).sum()),
        models=tuple(plan.name for plan in setup.plans),
        n_parameters=sum(n_parameters(plan) for plan in setup.plans),
        n_comparisons=setup.comparisons,
        scale_range=(float(state.g.min()), float(state.g.max())),
        i_mid=state.intensities.i_mid,
        intensities_tried=choices.intensities_tried,
        excess_of_partials=choices.excess_of_partials,
        error_model=ErrorModelFigures(model.a, model.b, model.isa),
        error_models=tuple(ErrorModelFigures(one.a, one.b, one.isa) for one in model.groups),
        variance_terms=dict(model.theta),
        shells=shell_by_shell(merging.shells),
        overall=shell_by_shell(merging.overall)[0],
        anomalous_signal=merging.signal,
        suggested_d_min=cc_half_resolution(merging.shells),
        names=tuple(selection.names),
        data_sets=_data_sets(setup, state, contribution, along, int(merging.overall.n_possible[0])),
        models_along=along,
        by_image=by_image(setup, state, selection.names),
        normal_probability=normal_probability(setup, state),
        error_by_intensity=error_by_intensity(setup, state),
        filtered=filtering.removed,
        filtering=filtering.figures() if setup.params.filter_method else None,
        decisions=choices.decisions,
    )


def _data_sets(
    setup: Setup, state: State, contribution: DeltaCCHalf, along: tuple[ModelAlong, ...], n_possible: int
) -> tuple[DataSetFigures, ...]:
    """A record of each data set; cc_half is among its own equivalents, r_merge against the mean of all data sets."""
    n, which = len(along), setup.observations.experiment
    figures = agreement_by(setup, state, Tally(np.where(state.outlier, -1, which), n))
    groups, owner, rows = _own_groups(setup, state)
    observed = Observed(groups, state.scaled[rows], state.variance[rows])
    columns = {
        "n_observations": figures["n"],
        "completeness": np.bincount(owner, minlength=n) / max(n_possible, 1),
        "r_merge": figures["r_merge"],
        "i_over_sigma": figures["i_over_sigma"],
        "cc_half": sigma_tau_correlation(observed, Tally(owner, n)),
        "cc_others": contribution.cc_others,
        "delta_cc_half": contribution.delta,
        "delta_cc_half_z": contribution.z,
        "n_outliers": np.bincount(which[state.outlier], minlength=n),
        "scale": np.array([np.mean(a.scale) for a in along]),
        "b": np.array([np.mean(a.b) for a in along]),
    }
    values = [column.tolist() for column in columns.values()]
    return tuple(DataSetFigures(a.name, **dict(zip(columns, row))) for a, row in zip(along, zip(*values)))


def _own_groups(setup: Setup, state: State) -> tuple[Groups, np.ndarray, np.ndarray]:
    """Equivalents within each data set, the data set of each such group, and the observations used."""
    rows = np.flatnonzero(~state.outlier)
    joined = setup.observations.groups.joined()
    pairs = setup.observations.experiment[rows] * len(joined) + joined.label[rows]
    own, label = np.unique(pairs, return_inverse=True)
    owner, unique = np.divmod(own, len(joined))
    return Groups(joined.hkl[unique], label.reshape(-1), np.zeros(len(own), bool)), owner, rows


def models_along(setup: Setup, state: State, names: list[str]) -> tuple[ModelAlong, ...]:
    """For each sweep the images at which its model is shown, with scale and B there."""
    found = []
    for i, name in enumerate(names):
        parameters = {key: state.fit.parameters[part] for key, part in setup.layout.components(i).items()}
        plan, scan = setup.plans[i], setup.experiments[i].scan
        n = scan.n_images if scan is not None else 1
        at = np.linspace(0, n, min(n + 1, _POINTS_ALONG)) if plan.is_smooth else np.array([0.0, n])
        first = scan.array_range[0] if scan is not None else 0
        curves = {"scale": np.ones(len(at)), "b": np.zeros(len(at))}
        for key, component, smoother in (("scale", "scale", plan.scale), ("b", "decay", plan.decay)):
            if component in parameters and smoother is not None and plan.grids is not None:
                nodes = parameters[component].reshape(-1, plan.grids.n_resolution)
                curves[key] = smoother.values(at, nodes.mean(axis=1))
            elif component in parameters and smoother is not None:
                curves[key] = smoother.values(at, parameters[component])
            elif component in parameters:
                curves[key] = np.full(len(at), parameters[component][0])
        if "dose" in parameters and plan.dose == "quadratic" and scan is not None:
            curves["b"] = curves["b"] + parameters["dose"][0] * at * abs(scan.oscillation[1])
        found.append(ModelAlong(name, *(tuple(v.tolist()) for v in (first + at, curves["scale"], curves["b"]))))
    return tuple(found)


def by_image(setup: Setup, state: State, names: list[str]) -> tuple[AlongImages, ...]:
    """For each sweep: middle of each (group of) images, observations, mean I/sigma, and R against the mean of all.

    Images are grouped so that all sweeps together have about 4000 points.
    """
    observations = setup.observations
    spans = [e.scan.array_range if e.scan is not None else (0, 1) for e in setup.experiments]
    total = sum(last - first for first, last in spans)
    step = max(1, -(-total // _MOST_IMAGES))
    bins = np.array([-(-(last - first) // step) for first, last in spans])
    start = np.cumsum(bins) - bins
    which = observations.experiment
    number = (observations.z - np.array([first for first, _ in spans])[which]) // step
    place = start[which] + np.clip(number.astype(int), 0, bins[which] - 1)
    figures = agreement_by(setup, state, Tally(np.where(state.outlier, -1, place), int(bins.sum())))
    found = []
    for i, name in enumerate(names):
        part = slice(start[i], start[i] + bins[i])
        image = spans[i][0] + step * np.arange(bins[i]) + (step + 1) / 2
        own = {key: tuple(values[part].tolist()) for key, values in figures.items()}
        found.append(AlongImages(name, tuple(image.tolist()), **own))
    return tuple(found)


def agreement_by(setup: Setup, state: State, tally: Tally) -> dict[str, np.ndarray]:
    """Observations, mean I/sigma, and R against the mean of all equivalents, in each bin of the tally."""
    groups = setup.observations.groups
    keep = ~state.outlier
    mean = kept_means(groups, state.scaled, state.variance, keep).mean[groups.label]
    several = tally.where(keep & (groups.sum(keep.astype(float)) > 1)[groups.label])
    return {
        "n": tally.number(),
        "i_over_sigma": tally.mean(state.scaled / np.sqrt(state.variance)),
        "r_merge": ratio(several.sum(np.abs(state.scaled - mean)), several.sum(state.scaled)),
    }


def normal_probability(setup: Setup, state: State) -> NormalProbability:
    """Deviates from equivalents, sorted, against those expected of a normal distribution; thinned to 500."""
    deviates = np.sort(_deviates(setup, state, state.variance)[0])
    n = len(deviates)
    at = np.unique(np.linspace(0, n - 1, min(n, _MOST_POINTS)).astype(int)) if n else np.arange(0)
    expected = normal_quantile((at + 0.5) / max(n, 1))
    return NormalProbability(tuple(expected.tolist()), tuple(deviates[at].tolist()))


def error_by_intensity(setup: Setup, state: State) -> tuple[SpreadAtIntensity, ...]:
    """The spread of deviates in ranges of intensity, by variances as integrated and by those of the error model."""
    before, mean = _deviates(setup, state, state.intensities.variance / state.g**2)
    after, _ = _deviates(setup, state, state.variance)
    ranges = [rows for rows in np.array_split(np.argsort(mean, kind="stable"), _INTENSITY_BINS) if len(rows)]
    return tuple(
        SpreadAtIntensity(float(mean[rows].mean()), probability_slope(before[rows]), probability_slope(after[rows]))
        for rows in ranges
    )


def _deviates(setup: Setup, state: State, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of the observations with equivalents that are no outliers, (n,), and the means (n,) of their groups."""
    rows = np.flatnonzero(~state.outlier)
    groups = setup.observations.compared.select(rows)
    several = (groups.counts > 1)[groups.label]
    mean = merge(groups, state.scaled[rows], state.variance[rows]).intensity[groups.label]
    return deviations(groups, state.scaled[rows], variance[rows])[several], mean[several]


def sigma_reasons(setup: Setup, state: State) -> list[Decision]:
    """Why sigmas are more than ten times the integrated ones, scaled alike, or less than a tenth; nothing if none is.

    Raises AssertionError where a variance is not finite and positive, or rests on an expected intensity that neither
    the observation's equivalents nor the rest of its resolution shell bear out: that would be a fault of the program.
    """
    variance, integrated = state.variance, state.intensities.variance / state.g**2
    assert (np.isfinite(variance) & (variance > 0)).all(), "variances of scaling are not finite and positive"
    wide, narrow = variance > _FAR_SIGMAS**2 * integrated, variance < integrated / _FAR_SIGMAS**2
    absurd = (wide | narrow) & ~_borne_out(setup, state)
    assert not absurd.any(), f"{absurd.sum()} sigmas of scaling rest on intensities that nothing bears out"
    terms = terms_of(setup, state)
    why = _largest_source(terms, coefficients(terms, state.error_model.theta))
    return [
        *_reasons_of_far_sigmas(wide, state.outlier, why, "over ten times"),
        *_reasons_of_far_sigmas(narrow, state.outlier, why, "under a tenth of"),
    ]


def _borne_out(setup: Setup, state: State) -> np.ndarray:
    """(N,) bool: the expected intensity is of the size of the group's mean, of its shell, or of its noise."""
    groups, d = setup.observations.groups, setup.observations.d
    first, second = expected_of(setup, state)
    seen = merged_so_far(setup, state)
    shells = equal_tally(groups.mean(d), max(1, min(_REASON_SHELLS, len(groups) // _FEWEST_OF_SHELL)))
    noise = np.sqrt(groups.mean(state.intensities.variance / state.g**2))
    usual = np.maximum(medians(np.abs(seen.mean), shells), medians(noise, shells))[shells.bins]
    most = np.maximum(3 * np.abs(seen.mean), _ABSURD_INTENSITY * np.maximum(usual, noise))
    return np.asarray((np.maximum(first, np.sqrt(second)) <= most)[groups.label])


def _largest_source(terms: VarianceTerms, theta: np.ndarray) -> np.ndarray:
    """(N,) the name of the largest source of each variance."""
    sources = np.vstack([terms.terms * theta[:, None], terms.fixed])
    return np.array([*terms.names, "scale"])[sources.argmax(axis=0)]


def _reasons_of_far_sigmas(far: np.ndarray, outlier: np.ndarray, why: np.ndarray, how: str) -> list[Decision]:
    """A sentence, where there are any, of how many sigmas are far off, and why."""
    if not far.any():
        return []
    counts = {_REJECTED: int((far & outlier).sum())}
    for name in np.unique(why[far & ~outlier]).tolist():
        words = _SOURCES_IN_WORDS.get(source_of(name), f"the {name}'s variance, which equivalents show to be wrong")
        counts[words] = int((far & ~outlier & (why == name)).sum())
    reason = "; ".join(f"{n} by {words}" if words != _REJECTED else f"{n} {words}" for words, n in counts.items() if n)
    what = f"{int(far.sum())} sigmas are {how} the integrated ones"
    return [Decision(what, reason, {"sigmas": int(far.sum()), **counts}, link=": ")]


def with_models(setup: Setup, state: State) -> Experiments:
    """The experiments with the scaling models that came out."""
    covariance = state.fit.covariance
    variance = np.zeros(len(state.fit.parameters)) if covariance is None else covariance.diagonal
    sd = np.sqrt(np.maximum(variance, 0.0))
    own = _error_model_of_sweeps(setup, state)
    found = []
    for i, (experiment, plan) in enumerate(zip(setup.experiments, setup.plans)):
        parts = setup.layout.components(i).items()
        components = {
            written_name(plan, k): ScalingComponent(state.fit.parameters[part], NULL[k], sd[part]) for k, part in parts
        }
        configuration = _configuration(experiment.scan, plan, state, own.get(i, state.error_model))
        found.append(experiment.replace(scaling_model=ScalingModel(plan.kind, components, configuration)))
    return setup.experiments.with_items(found)


def _error_model_of_sweeps(setup: Setup, state: State) -> dict[int, ErrorModel]:
    """The error model of each sweep that does not have that of all."""
    if setup.error_groups is None:
        return {}
    sweeps, first = np.unique(setup.observations.experiment, return_index=True)
    return {int(i): state.error_model.groups[setup.error_groups[at]] for i, at in zip(sweeps, first)}


def _configuration(scan: Scan | None, plan: SweepPlan, state: State, model: ErrorModel) -> dict[str, Any]:
    return {
        **plan.configuration(scan),
        "Imid": state.intensities.i_mid,
        "error_model_type": "BasicErrorModel",
        "error_model_parameters": [model.a, model.b],
        "gnomon_variance_terms": dict(model.theta),
    }
