"""Scaling, from top to bottom."""

from __future__ import annotations

from typing import Any

import numpy as np

from gnomon.distribute.workers import SERIAL, Workers
from gnomon.maths.resolution_fit import cc_half_resolution
from gnomon.maths.statistics import as_numbers, merging_statistics
from gnomon.maths.symmetry import space_group
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.step import InputError, Progress, Result, require_columns, require_crystals
from gnomon.steps.scale.freedom import compared, few_reasons, limit_plans
from gnomon.steps.scale.intensities import blend
from gnomon.steps.scale.observations import Exclusions, Observations, prepare
from gnomon.steps.scale.params import ScaleParams
from gnomon.steps.scale.partials import calibrate_partials
from gnomon.steps.scale.physical import SweepPlan, n_parameters, plan_sweep
from gnomon.steps.scale.record import with_models
from gnomon.steps.scale.scaling import (
    WHOLE,
    State,
    choose_intensities,
    first_state,
    refine_errors,
    refine_scales,
    reject_outliers,
    with_surface_weights,
)
from gnomon.steps.scale.setup import Setup, choose_observations


def scale(
    experiments: Experiments,
    reflections: Reflections,
    params: ScaleParams,
    *,
    workers: Workers = SERIAL,
    progress: Progress | None = None,
) -> Result:
    """Intensities on one scale with calibrated variances: columns ``intensity.scale.*`` and ``inverse_scale_factor``.

    The scaled intensity is intensity.scale.value / inverse_scale_factor; intensity.scale.variance is by the error
    model. Beilsten-Edmands et al. 2020, Acta Cryst. D76, 385; the error model is our own, docs/science/scale.md.
    Raises InputError where there is nothing to scale.
    """
    require_crystals("scale", experiments)
    require_columns("scale", reflections, ("miller_index", "id", "flags", "s1"))
    if not {"intensity.prf.value", "intensity.sum.value"} & set(reflections.names):
        require_columns("scale", reflections, ("intensity.sum.value", "intensity.sum.variance"))
    group = _group(experiments, params)
    observations, exclusions = prepare(experiments, reflections, group, params)
    chosen = choose_observations(observations.groups, params.max_observations, params.seed)
    plans, n_compared, reasons = _plans(experiments, observations, chosen, params)
    setup = Setup(experiments, observations, reflections["s1"][observations.row], plans, chosen, params, n_compared)
    setup, state, choices = _rounds(setup, progress)
    table = _with_results(setup, state, reflections, exclusions)
    stats = {**choices, **_stats(setup, state, group), **_left_out(state, exclusions), "reasons": reasons}
    return Result(with_models(setup, state), table, stats)


def _plans(
    experiments: Experiments, observations: Observations, chosen: np.ndarray, params: ScaleParams
) -> tuple[list[SweepPlan], int, list[str]]:
    """The model of each sweep, as rich as equivalents allow; how many comparisons those are; what was given up, why."""
    first = blend(observations, 0.0)
    use = np.zeros(len(observations), bool)
    use[chosen] = True
    use &= observations.partiality > WHOLE
    plans = [plan_sweep(experiment, params) for experiment in experiments]
    seen = compared(observations, first.value, first.variance, use)
    plans, reasons = limit_plans(plans, seen, params.model != "auto")
    total = len(observations) - len(observations.groups)
    return plans, total, reasons + few_reasons(total)


def _rounds(setup: Setup, progress: Progress | None) -> tuple[Setup, State, dict[str, Any]]:
    """Three rounds: rough scales, then the blend of intensities, then scales under the final weights."""

    def tell(done: int) -> None:
        if progress is not None:
            progress("scaling", done, 3)

    state = refine_scales(setup, first_state(setup))
    state = reject_outliers(setup, refine_errors(setup, state))
    tell(1)
    state, tried = choose_intensities(setup, state)
    setup = with_surface_weights(setup, state)
    state = refine_scales(setup, refine_errors(setup, state))
    state = reject_outliers(setup, refine_errors(setup, state))
    setup, state, excess = calibrate_partials(setup, state)
    tell(2)
    setup = with_surface_weights(setup, state)
    state = refine_scales(setup, refine_errors(setup, state))
    state = refine_errors(setup, reject_outliers(setup, refine_errors(setup, state)))
    tell(3)
    return setup, state, {"intensities_tried": tried, "excess_of_partials": excess}


def _group(experiments: Experiments, params: ScaleParams) -> Any:
    """The one space group of all crystals."""
    if params.space_group:
        return space_group(params.space_group)
    symbols = {experiment.crystal.hall_symbol for experiment in experiments}  # type: ignore[union-attr]
    if len(symbols) > 1:
        raise InputError(
            f"scale needs one space group; found {', '.join(sorted(s.strip() for s in symbols))}; "
            "run symmetry on all together, or give space_group="
        )
    return space_group(symbols.pop())


def _with_results(setup: Setup, state: State, reflections: Reflections, exclusions: Exclusions) -> Reflections:
    """The table with its new columns and flags; rows that took no part have zeros."""
    row, n = setup.observations.row, len(reflections)
    columns = {
        "intensity.scale.value": state.intensities.value,
        "intensity.scale.variance": state.variance * state.g**2,
        "inverse_scale_factor": state.g,
        "inverse_scale_factor_variance": state.g_variance,
    }
    full = {}
    for name, values in columns.items():
        full[name] = np.zeros(n)
        full[name][row] = values
    part, outlier = np.zeros(n, bool), np.zeros(n, bool)
    part[row], outlier[row] = True, state.outlier
    return (
        reflections.with_columns(full)
        .flagged(Flag.SCALED, part)
        .flagged(Flag.OUTLIER_IN_SCALING, outlier)
        .flagged(Flag.EXCLUDED_FOR_SCALING, exclusions.unsuitable)
        .flagged(Flag.USER_EXCLUDED_IN_SCALING, exclusions.by_user & ~exclusions.unsuitable)
    )


def _left_out(state: State, exclusions: Exclusions) -> dict[str, int]:
    return {
        "n_outliers": int(state.outlier.sum()),
        "n_unsuitable": int(exclusions.unsuitable.sum()),
        "n_by_user": int((exclusions.by_user & ~exclusions.unsuitable).sum()),
    }


def _stats(setup: Setup, state: State, group: Any) -> dict[str, Any]:
    observations, params = setup.observations, setup.params
    keep = ~state.outlier
    cell = np.median([e.crystal.cell for e in setup.experiments], axis=0)  # type: ignore[union-attr]
    scaled = (observations.hkl[keep], state.scaled[keep], state.variance[keep])
    merging = merging_statistics(scaled, cell, group, shells=params.nbins, seed=params.seed)
    return {
        "space_group": group.xhm(),
        "cell": cell.tolist(),
        "n_observations": len(observations),
        "models": [plan.name for plan in setup.plans],
        "n_parameters": sum(n_parameters(plan) for plan in setup.plans),
        "n_comparisons": setup.comparisons,
        "scale_range": [float(state.g.min()), float(state.g.max())],
        "i_mid": state.intensities.i_mid,
        "variance_terms": dict(state.error_model.theta),
        "error_model": {"a": state.error_model.a, "b": state.error_model.b, "isa": state.error_model.isa},
        "shells": as_numbers(merging.shells),
        "overall": as_numbers(merging.overall),
        "anomalous_signal": vars(merging.signal),
        "suggested_d_min": cc_half_resolution(merging.shells),
    }
