"""refine: static models of all experiments jointly, then each crystal along its scan where that is worth it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gnomon.distribute.workers import SERIAL, Workers
from gnomon.maths.centroids import map_centroids
from gnomon.maths.geometry_fit.options import Fit, FitOptions
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.step import Progress, Result, require_columns, require_crystals
from gnomon.steps.refine.modules import place_modules
from gnomon.steps.refine.params import RefineParams
from gnomon.steps.refine.static import fit_static
from gnomon.steps.refine.summary import summary
from gnomon.steps.refine.varying import fit_varying

NEEDS = ("id", "miller_index", "panel", "flags", "xyzobs.px.value", "xyzobs.px.variance")


def refine(
    experiments: Experiments,
    reflections: Reflections,
    params: RefineParams,
    *,
    workers: Workers = SERIAL,
    progress: Progress | None = None,
) -> Result:
    """The refined experiments; the reflections as they predict them, with ``s1``, ``rlp`` and mm of the new geometry.

    Flags USED_IN_REFINEMENT and CENTROID_OUTLIER say what became of each; crystals carry the uncertainties of their
    cells. Raises InputError where columns, crystals, rotation or reflections are missing.
    """
    require_columns("refine", reflections, NEEDS)
    require_crystals("refine", experiments)
    options = fit_options(params)
    fit, reasons = fit_static(experiments, reflections, options, params)
    refined, table, more = fit_varying(fit, reflections, options, params.scan_varying, workers, progress)
    placed = place_modules(fit, refined, reflections, params.modules, params.panels == "each")
    if placed.fit is not None:
        fit = placed.fit
        refined, table, more = fit_varying(fit, reflections, options, params.scan_varying, workers, progress)
    stats = _stats(experiments, refined, table, fit, [*reasons, *placed.reasons, *more])
    return Result(refined, map_centroids(refined, table), {**stats, "modules": placed.table})


def fit_options(params: RefineParams) -> FitOptions:
    """The parameters as the fit knows them."""
    return FitOptions(
        beam_fixed=params.beam_fix,
        detector_fixed=params.detector_fix,
        crystal_fixed=params.crystal_fix,
        one_cell=params.one_cell is not False,
        per_panel=params.panels == "each",
        interval=params.interval,
        outliers=params.outliers == "mcd",
        outlier_probability=params.outlier_probability,
        spindle_cutoff=params.close_to_spindle_cutoff,
        max_iterations=params.max_iterations,
    )


def _stats(
    before: Experiments, after: Experiments, table: Reflections, fit: Fit, reasons: list[str]
) -> Mapping[str, Any]:
    return {
        "reasons": reasons,
        "chi_squared": fit.chi_squared,
        "steps": [list(step) for step in fit.steps],
        "parameters": list(zip(fit.names, fit.values.tolist(), fit.uncertainties.tolist())),
        **summary(before, after, table),
    }
