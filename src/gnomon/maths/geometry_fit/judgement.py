"""Which reflections a fit works from, with which weight, and which are outliers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from gnomon.maths.geometry_fit.domains import domains
from gnomon.maths.geometry_fit.model import Model
from gnomon.maths.geometry_fit.observations import Observations
from gnomon.maths.geometry_fit.options import FitOptions
from gnomon.maths.geometry_fit.outliers import (
    beyond_fences,
    chi_squared_quantile,
    degrees_of_freedom,
    distances,
    t_weights,
)
from gnomon.maths.geometry_fit.precision import ENOUGH, measured_excess, scatter, shown_variance
from gnomon.maths.geometry_fit.residuals import Problem
from gnomon.models.by_experiment import RowsByExperiment, rows_by_experiment

FEWEST = 3  # reflections below which nothing is fitted
WEAK = 2.0  # times the median scatter of position: of spots further out, thresholds pull the centroids (refine.md)


@dataclass(frozen=True)
class Judgement:
    """The observations with the precision that their residuals show and the weight that their tails leave them."""

    weighed: Observations
    used: np.ndarray  # (N,) bool
    outlier: np.ndarray  # (N,) bool: further off than its like scatter
    tails: float  # degrees of freedom of the Student t that the residuals follow
    domains: dict[int, float] = field(default_factory=dict)  # degrees r.m.s. of those that an experiment's spots show


def residuals_at(model: Model, found: Observations, p: np.ndarray) -> np.ndarray:
    """(N, 3) mm, mm, rad at the parameters ``p``; nan where nothing is predicted."""
    problem, state = Problem(model, found), model.at(p)
    return problem.residuals(state, problem.predict(state))


def judged(model: Model, found: Observations, p: np.ndarray, options: FitOptions) -> Judgement:
    """The judgement at the parameters ``p`` (n,): medians measure the precision, and do not mind outliers.

    Not used are those that are not predicted, outliers, and weak spots: by the scatter of spots of their strength and
    images, whatever their own residuals, so that what is left is no tighter than it should be.
    """
    problem, state = Problem(model, found), model.at(p)
    prediction = problem.predict(state)
    residuals = problem.residuals(state, prediction)
    used = np.isfinite(residuals).all(axis=1)
    rows = np.flatnonzero(used)
    if not len(rows):
        return Judgement(found, used, ~used, np.inf)
    seen, good = residuals[rows] / found.unit[rows], found.select(rows)
    excess = measured_excess(seen, good.variance, good.kind, options.floors)
    weight, outlier, tails = np.ones(len(found)), ~used, np.inf
    split, share, turned = np.zeros((len(found), 3)), np.ones((len(found), 3)), dict[int, float]()
    variance = found.variance.copy()
    if options.outliers != "none":
        variance[rows] = np.maximum(good.variance, shown_variance(seen, good.variance, good.kind) - excess[good.kind])
        spread = scatter(seen, good.variance, good.kind)
        moved = problem.turning(state, problem.gradients(prediction))[rows] / good.unit[:, :, None]
        split[rows], share[rows], turned = _by_domains(seen, moved, spread, good.experiment)
        deviates = seen / np.sqrt(share[rows] * spread**2 + split[rows])
        d2 = distances(deviates, good.experiment, good.px[:, 2], options.outlier_probability)
        known = split[rows].any(axis=1)
        d2[known] = (deviates[known] ** 2).sum(axis=1)
        tails = degrees_of_freedom(d2)
        weight[rows] = t_weights(d2, tails) / _excess_of_experiments(deviates, good.experiment)
        outlier[rows] = _outliers(deviates, d2, good, options)
        left = ~outlier[rows] & ~_is_weak(spread[:, :2].mean(axis=1), good.experiment)
        used[rows] = left if left.sum() >= FEWEST else True
    weighed = replace(found, variance=variance, excess=excess, weight=weight, domains=split, share=share)
    return Judgement(weighed, used, outlier, tails, turned)


def _outliers(deviates: np.ndarray, d2: np.ndarray, good: Observations, options: FitOptions) -> np.ndarray:
    """(N,) bool: outliers among ``deviates`` (N, 3) at squared distances ``d2`` (N,), by the test that was chosen."""
    if options.outliers == "tukey":
        return beyond_fences(deviates, good.experiment, good.px[:, 2], options.iqr_multiplier)
    return d2 > chi_squared_quantile(options.outlier_probability, 3)


def _by_domains(
    seen: np.ndarray, moved: np.ndarray, spread: np.ndarray, experiment: np.ndarray
) -> tuple[np.ndarray, np.ndarray, dict[int, float]]:
    """The variances (N, 3) by domains of each experiment's crystal, the share (N, 3) left of the others, and how far
    the domains are turned, degrees r.m.s.
    """
    split, share, turned = np.zeros_like(spread), np.ones_like(spread), {}
    for e, rows in rows_by_experiment(experiment):
        found = domains(seen[rows], moved[rows], spread[rows])
        if found is not None:
            share[rows] = found.share
            split[rows], turned[e] = found.variance(moved[rows]), found.largest
    return split, share, turned


def _excess_of_experiments(deviates: np.ndarray, experiment: np.ndarray) -> np.ndarray:
    """(N,) what multiplies the variances of an experiment whose spots fit less well than those of all; at least 1."""
    d2, out = (deviates**2).sum(axis=1), np.ones(len(deviates))
    for _, rows in rows_by_experiment(experiment):
        if len(d2[rows]) >= ENOUGH:
            out[rows] = max(1.0, np.median(d2[rows]) / chi_squared_quantile(0.5, 3))
    return out


def _is_weak(spread: np.ndarray, experiment: np.ndarray) -> np.ndarray:
    """(N,) bool: whether the scatter (N,) is ``WEAK`` times the median of the experiment's, and of all."""
    weak = spread > WEAK * np.median(spread)
    each = RowsByExperiment(experiment)
    for e in np.unique(experiment[weak]).tolist():
        rows = each[e]
        weak[rows] &= spread[rows] > WEAK * np.median(spread[rows])
    return weak
