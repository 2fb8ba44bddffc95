"""What the pictures of scaling show: models along the sweeps, images, deviates."""

from __future__ import annotations

import numpy as np

from gnomon.maths.merging import kept_means, merge
from gnomon.maths.normal import normal_quantile, probability_slope
from gnomon.maths.tally import Tally, ratio
from gnomon.steps.scale.outliers import deviations
from gnomon.steps.scale.scaling import State
from gnomon.steps.scale.setup import Setup, sweeps_at
from gnomon.steps.scale.summary import AlongImages, ModelAlong, NormalProbability, SpreadAtIntensity

_MOST_POINTS = 500  # of a plot of deviates
_MOST_IMAGES = 4000  # points of all data sets together
_ALONG = 50  # points along a sweep
_INTENSITY_BINS = 10


def models_along(setup: Setup, state: State, names: list[str]) -> tuple[ModelAlong, ...]:
    """For each sweep the images at which its model is shown, with scale and B there."""
    found, end = [], 0
    for i, (name, sweep) in enumerate(zip(names, sweeps_at(setup, np.arange(0)))):
        parameters = dict(zip([c.name for c in sweep.components], sweep.split(state.fit.parameters[end:])))
        end += sweep.n_parameters
        plan, scan = setup.plans[i], setup.experiments[i].scan
        n = scan.n_images if scan is not None else 1
        at = np.linspace(0, n, min(n + 1, _ALONG)) if plan.kind == "physical" else np.array([0.0, n])
        first = scan.array_range[0] if scan is not None else 0
        curves = {"scale": np.ones(len(at)), "b": np.zeros(len(at))}
        for key, component, smoother in (("scale", "scale", plan.scale), ("b", "decay", plan.decay)):
            if component in parameters and smoother is not None:
                curves[key] = smoother.values(at, parameters[component][: smoother.n_parameters])
            elif component in parameters:
                curves[key] = np.full(len(at), parameters[component][0])
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
