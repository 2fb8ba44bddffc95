"""The joint fit of geometry: choose reflections, minimise, reject outliers, minimise again."""

from __future__ import annotations

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.geometry.prediction import predict, require_rotation
from gnomon.maths.geometry_fit.judgement import FEWEST, Judgement, judged, residuals_at
from gnomon.maths.geometry_fit.marquardt import Solution, minimise
from gnomon.maths.geometry_fit.model import Model, model_of
from gnomon.maths.geometry_fit.observations import Observations, observations
from gnomon.maths.geometry_fit.options import Fit, FitOptions
from gnomon.maths.geometry_fit.residuals import Problem
from gnomon.maths.geometry_fit.uncertainty import with_uncertainties
from gnomon.models.by_experiment import RowsByExperiment
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections

SETTLED = 0.005  # fraction of reflections about which a last round may change its mind
SETTLED_SIGMA = 0.05  # relative change of their sigmas that a last round may make


def fit_geometry(experiments: Experiments, reflections: Reflections, options: FitOptions | None = None) -> Fit:
    """The refined models, and the table with ``xyzcal.*``, ``entering`` and the flags of what was used or rejected.

    Models that experiments share by identity are refined as one. Observed are ``xyzobs.px.value`` and
    ``.variance`` of rows with ``id`` >= 0 and a Miller index; the target is the sum of squares of predicted minus
    observed x, y (mm) and phi, each over its variance, plus the prior of ``options.priors``. Raises InputError
    for stills, experiments without a crystal, or fewer than 3 reflections.
    """
    options = options or FitOptions()
    for experiment in experiments:
        require_rotation(experiment)
    model = model_of(experiments, options)
    everything = predictable(model, observations(experiments, reflections, options.spindle_cutoff))
    solution, last = _rounds(model, everything, options)
    used = last.weighed.select(last.used)
    refined, uncertainties, shared = with_uncertainties(Problem(model, used), solution, options.floors)
    return Fit(
        experiments=refined,
        reflections=_flagged(refined, reflections, last),
        rmsd=_rmsd(experiments, used, solution),
        n_used=np.bincount(used.experiment, minlength=len(experiments)),
        n_outliers=np.bincount(everything.experiment[last.outlier], minlength=len(experiments)),
        chi_squared=solution.chi_squared / max(3 * len(used) - len(solution.p), 1),
        improvement=_sum_of_squares(model, used, np.zeros(len(solution.p))) - solution.chi_squared,
        steps=solution.steps,
        names=tuple(name for block in model.blocks for name in block.names),
        values=solution.p,
        uncertainties=uncertainties,
        options=options,
        shared_covariance=shared,
        tails=last.tails,
        domains=last.domains,
    )


def predictable(model: Model, found: Observations) -> Observations:
    """The observations that the starting models predict."""
    good = np.isfinite(residuals_at(model, found, np.zeros(len(model.sigma)))).all(axis=1)
    if good.sum() < FEWEST:
        raise InputError(f"refinement found {good.sum()} usable indexed reflections, needs {FEWEST}; check indexing")
    return found.select(good)


def _rounds(model: Model, everything: Observations, options: FitOptions) -> tuple[Solution, Judgement]:
    """The last solution and the judgement that it comes from.

    Each round measures how precise the centroids are, judges outliers and fits. The first has much to learn from a
    poor start; there is no further round where one would change the mind about hardly any.
    """
    start = np.zeros(len(model.sigma))
    next_ = judged(model, everything, start, options)
    for left in reversed(range(options.rounds)):
        last = next_
        solution = minimise(Problem(model, last.weighed.select(last.used)), start, options.max_iterations)
        if not left:
            break
        start = solution.p
        next_ = judged(model, everything, start, options)
        if next_.used.sum() < FEWEST:  # the fit predicts nothing any more
            break
        change = np.abs(next_.weighed.sigma / last.weighed.sigma - 1)
        if (next_.used != last.used).mean() < SETTLED and np.median(change) < SETTLED_SIGMA:
            break
    return solution, last


def _sum_of_squares(model: Model, used: Observations, p: np.ndarray) -> float:
    """Of residuals over their sigmas; reflections that ``p`` does not predict count nothing."""
    return float(np.nansum((residuals_at(model, used, p) / used.sigma) ** 2))


def _rmsd(experiments: Experiments, used: Observations, solution: Solution) -> np.ndarray:
    """(n_experiments, 3): px, px, images."""
    rmsd, each = np.full((len(experiments), 3), np.nan), RowsByExperiment(used.experiment)
    for i, e in enumerate(experiments):
        rows, n = each[i], each.count(i)
        if n:
            size = e.detector.pixel_sizes[used.panel[rows]]
            unit = np.column_stack([size, np.full(n, abs(np.deg2rad(e.needed_scan.oscillation[1])))])
            rmsd[i] = np.sqrt(((solution.residuals[rows] / unit) ** 2).mean(axis=0))
    return rmsd


def _flagged(refined: Experiments, reflections: Reflections, last: Judgement) -> Reflections:
    """The table as the refined models predict it."""
    seen = last.weighed
    is_used, is_outlier = np.zeros((2, len(reflections)), bool)
    is_used[seen.rows], is_outlier[seen.rows] = last.used, last.outlier
    entering = reflections["entering"].copy() if "entering" in reflections else np.zeros(len(reflections), bool)
    entering[seen.rows] = seen.entering
    table = predict(refined, reflections.with_columns({"entering": entering}))
    table = table.flagged(Flag.USED_IN_REFINEMENT, is_used)
    return table.flagged(Flag.CENTROID_OUTLIER, is_outlier)
