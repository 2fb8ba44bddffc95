"""Refinement in growing resolution shells: assign, fit, assign again with the better models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.geometry_fit.fit import fit_geometry
from gnomon.maths.geometry_fit.options import Fit, FitOptions
from gnomon.maths.prediction import predict
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.steps.index.assign import assign
from gnomon.steps.index.params import IndexParams
from gnomon.steps.index.task import Indexed, Refined, Task
from gnomon.summary import Decision

MOST_SPOTS = 4000  # of a crystal in the last round, half as many before: the models of a sweep have 20 parameters
LEAST_SPOTS = 10  # of a crystal, to be fitted
VOLUME_GROWTH = 0.5  # a cell that changes by more in one round has run away


def refined_in_shells(indexed: Indexed, task: Task, d_start: float) -> Refined:
    """The models fitted in rounds of growing resolution, the table assigned under them, and what residuals are left.

    d_start: Å, the resolution of the first round; the last takes all spots, or those within ``params.d_min``.
    """
    table = assign(indexed, task)
    if not _rotating(indexed):  # the fit is of rotation data
        return Refined(indexed, table, np.full((len(indexed.experiments), 3), np.nan))
    limits = shell_limits(table["d"], d_start, task.params)
    used, outliers = np.zeros((2, len(table)), bool)
    for round_, d_min in enumerate(limits):
        if task.progress is not None:
            task.progress("refining", round_, len(limits))
        last = round_ == len(limits) - 1
        chosen = _chosen(table, indexed, d_min, MOST_SPOTS if last else MOST_SPOTS // 2)
        fit, fitted = _fit(indexed, table.select(chosen))
        if _ran_away(indexed.experiments, fitted):
            break
        used[:], outliers[:] = False, False
        used[chosen] = fit.reflections.has(Flag.USED_IN_REFINEMENT)
        outliers[chosen] = fit.reflections.has(Flag.CENTROID_OUTLIER)
        indexed = replace(indexed, experiments=fitted)
        table = assign(indexed, task)
    has_index = table.has(Flag.INDEXED)
    table = _predicted(indexed, table).flagged(Flag.CENTROID_OUTLIER, outliers & has_index)
    table = table.flagged(Flag.USED_IN_REFINEMENT, used & has_index)
    return Refined(indexed, table, residuals(indexed.experiments, table))


def _rotating(indexed: Indexed) -> list[int]:
    """The experiments that turn; stills are neither fitted nor predicted, and keep the geometry of their search."""
    return [i for i, e in enumerate(indexed.experiments) if not e.is_still]


def _numbered_anew(table: Reflections, kept: list[int], n: int) -> Reflections:
    """The table with its ids, of ``n`` experiments, as they are among those ``kept``."""
    number = np.full(n + 1, -1)  # the last one is that of id -1
    number[kept] = np.arange(len(kept))
    return table.with_columns({"id": number[table["id"]]})


def _fit(indexed: Indexed, rows: Reflections) -> tuple[Fit, Experiments]:
    """The fit of the experiments that turn to rows of theirs, and all experiments with the fitted ones among them."""
    kept, n = _rotating(indexed), len(indexed.experiments)
    moving = indexed.experiments.with_items(indexed.experiments[i] for i in kept)
    fit = fit_geometry(moving, _numbered_anew(rows, kept, n), FitOptions(max_iterations=10))
    items = dict(enumerate(indexed.experiments)) | dict(zip(kept, fit.experiments))
    return fit, indexed.experiments.with_items(items[i] for i in range(n))


def _predicted(indexed: Indexed, table: Reflections) -> Reflections:
    """The table as the experiments that turn predict it; rows of stills are not predicted."""
    kept, n = _rotating(indexed), len(indexed.experiments)
    moving = indexed.experiments.with_items(indexed.experiments[i] for i in kept)
    return predict(moving, _numbered_anew(table, kept, n)).with_columns({"id": table["id"]})


def shell_limits(d: np.ndarray, d_start: float, params: IndexParams) -> np.ndarray:
    """(n,) Å: resolution limits of the rounds, evenly spaced in 1/d from ``d_start`` to that of all spots."""
    last = params.d_min or float(d.min()) * 0.999
    return 1 / np.linspace(1 / max(d_start, last), 1 / last, params.n_macro_cycles)


def _chosen(table: Reflections, indexed: Indexed, d_min: float, most: int) -> np.ndarray:
    """Rows to be fitted: indexed, within ``d_min``, at most ``most`` of each experiment, drawn with one seed."""
    rng = np.random.default_rng(42)
    rows, each = [], table.by_experiment()
    for i in _rotating(indexed):
        every = each.array(i)
        own = every[table["d"][every] >= d_min]
        if len(own) < LEAST_SPOTS:
            own = every
        rows.append(own if len(own) <= most else np.sort(rng.choice(own, most, replace=False)))
    return np.concatenate(rows)


def _ran_away(before: Experiments, after: Experiments) -> bool:
    """Whether a cell volume changed by half: the fit diverged, the models before it are kept."""
    ratios = [np.linalg.det(b.needed_crystal.A) / np.linalg.det(a.needed_crystal.A) for b, a in zip(before, after)]
    return not all(np.isfinite(r) and abs(r - 1) < VOLUME_GROWTH for r in ratios)


def residuals(experiments: Experiments, table: Reflections) -> np.ndarray:
    """(n_experiments, 3) r.m.s. of xyzcal.px - xyzobs.px.value over the spots that were fitted."""
    good = table.has(Flag.USED_IN_REFINEMENT) & table.has(Flag.PREDICTED)
    off, each = table["xyzcal.px"] - table["xyzobs.px.value"], table.by_experiment()
    result = np.full((len(experiments), 3), np.nan)
    for i in range(len(experiments)):
        own = off[each[i]][good[each[i]]]
        if len(own):
            result[i] = np.sqrt((own**2).mean(axis=0))
    return result


def beyond_the_scan(refined: Refined) -> list[Decision]:
    """One for each crystal whose spots are off in rotation by more than the whole scan: no solution.

    Raises InputError where that is so of every crystal that was fitted.
    """
    off = {}
    for i, experiment in enumerate(refined.indexed.experiments):
        z = refined.rmsd[i, 2]
        if np.isfinite(z) and z > max(1, experiment.needed_scan.n_images):
            off[i] = f"experiment {i}: spots are off by {z:.3g} images r.m.s., and the scan has but "
            off[i] += f"{experiment.needed_scan.n_images}"
    if off and len(off) == np.isfinite(refined.rmsd[:, 2]).sum():
        raise InputError(
            f"no lattice found: {next(iter(off.values()))}; check the rotation axis and the width of an image "
            "(oscillation=start,width of import; a width of 0 for stills)"
        )
    return [
        Decision(f"{why}: no solution, leave it out", evidence={"rmsd": float(refined.rmsd[i, 2])})
        for i, why in off.items()
    ]
