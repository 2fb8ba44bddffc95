"""The joint fit of geometry: choose reflections, minimise, reject outliers, minimise again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gnomon.maths.geometry_fit.marquardt import Solution, minimise
from gnomon.maths.geometry_fit.model import Model, model_of
from gnomon.maths.geometry_fit.observations import Observations, observations
from gnomon.maths.geometry_fit.options import Fit, FitOptions
from gnomon.maths.geometry_fit.outliers import outliers
from gnomon.maths.geometry_fit.precision import measured_excess
from gnomon.maths.geometry_fit.residuals import Problem
from gnomon.maths.geometry_fit.uncertainty import with_uncertainties
from gnomon.maths.prediction import predict, require_rotation
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.step import InputError

FEWEST = 3  # reflections below which nothing is fitted


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
    everything = _predictable(model, observations(experiments, reflections, options.spindle_cutoff))
    solution, used = _rounds(model, everything, options)
    refined, uncertainties = with_uncertainties(model, solution, len(used))
    return Fit(
        experiments=refined,
        reflections=_flagged(refined, reflections, everything, used),
        rmsd=_rmsd(experiments, used, solution),
        n_used=np.bincount(used.experiment, minlength=len(experiments)),
        n_outliers=np.bincount(everything.experiment, minlength=len(experiments))
        - np.bincount(used.experiment, minlength=len(experiments)),
        chi_squared=solution.chi_squared / max(3 * len(used) - len(solution.p), 1),
        steps=solution.steps,
        names=tuple(name for block in model.blocks for name in block.names),
        values=solution.p,
        uncertainties=uncertainties,
    )


def _predictable(model: Model, found: Observations) -> Observations:
    """The observations that the starting models predict."""
    good = np.isfinite(_residuals(model, found, np.zeros(len(model.sigma)))).all(axis=1)
    if good.sum() < FEWEST:
        raise InputError(f"refinement found {good.sum()} usable indexed reflections, needs {FEWEST}; check indexing")
    return found.select(good)


def _rounds(model: Model, everything: Observations, options: FitOptions) -> tuple[Solution, Observations]:
    """The last solution and what it used.

    Each round judges outliers, fits, and measures how precise the centroids are; it ends with a round that
    changes neither.
    """
    p, kept = np.zeros(len(model.sigma)), np.ones(len(everything), bool)
    for _ in range(options.rounds):
        residuals = _residuals(model, everything, p)
        before, kept = kept, _kept(everything, residuals, options)
        used = everything.select(kept)
        solution = minimise(Problem(model, used), p, options.max_iterations)
        moved = np.abs(solution.p - p).max() > 0
        p = solution.p
        if (kept == before).all() and not moved:
            break
        everything = _weighed(everything, _residuals(model, everything, p), kept)
    return solution, used


def _residuals(model: Model, found: Observations, p: np.ndarray) -> np.ndarray:
    """(N, 3) mm, mm, rad at the parameters ``p``; nan where nothing is predicted."""
    problem, state = Problem(model, found), model.at(p)
    return problem.residuals(state, problem.predict(state))


def _kept(found: Observations, residuals: np.ndarray, options: FitOptions) -> np.ndarray:
    """(N,) bool: predicted, and no outliers."""
    kept = np.isfinite(residuals).all(axis=1)
    if options.outliers:
        rows = np.flatnonzero(kept)
        deviates = residuals[rows] / found.sigma[rows]
        kept[rows] = ~outliers(deviates, found.experiment[rows], found.px[rows, 2], options.outlier_probability)
    return kept


def _weighed(found: Observations, residuals: np.ndarray, kept: np.ndarray) -> Observations:
    """The observations with the excess variance that those kept show."""
    px = residuals[kept] / found.unit[kept]
    return replace(
        found, excess_of_kinds=measured_excess(px, found.variance[kept], found.kind[kept], found.excess_of_kinds)
    )


def _rmsd(experiments: Experiments, used: Observations, solution: Solution) -> np.ndarray:
    """(n_experiments, 3): px, px, images."""
    rmsd = np.full((len(experiments), 3), np.nan)
    for i, e in enumerate(experiments):
        rows = used.experiment == i
        if rows.any():
            size = e.detector.pixel_sizes[used.panel[rows]]
            unit = np.column_stack([size, np.full(rows.sum(), abs(np.deg2rad(e.scan.oscillation[1])))])
            rmsd[i] = np.sqrt(((solution.residuals[rows] / unit) ** 2).mean(axis=0))
    return rmsd


def _flagged(
    refined: Experiments, reflections: Reflections, everything: Observations, used: Observations
) -> Reflections:
    """The table as the refined models predict it."""
    is_used, is_seen = np.zeros(len(reflections), bool), np.zeros(len(reflections), bool)
    is_used[used.rows], is_seen[everything.rows] = True, True
    entering = reflections["entering"].copy() if "entering" in reflections else np.zeros(len(reflections), bool)
    entering[everything.rows] = everything.entering
    table = predict(refined, reflections.with_columns({"entering": entering}))
    table = table.flagged(Flag.USED_IN_REFINEMENT, is_used)
    return table.flagged(Flag.CENTROID_OUTLIER, is_seen & ~is_used)
