"""Scaling, from top to bottom."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gnomon.distribute.workers import SERIAL, Workers
from gnomon.maths.images_that_count import judged_by_intensities
from gnomon.maths.scaled_rows import crossing_of
from gnomon.maths.symmetry import space_group
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.names import data_set_names
from gnomon.models.reflections import Reflections
from gnomon.models.valid_images import in_valid_images
from gnomon.step import InputError, Progress, Result, require_columns, require_crystals, require_intensities
from gnomon.steps.scale.connection import island_reasons
from gnomon.steps.scale.exclude import chosen_data_sets, in_images, without_images
from gnomon.steps.scale.filtering import Filtering, Selection, contributions, next_to_leave_out, parts_of
from gnomon.steps.scale.freedom import compared, few_reasons, limit_plans
from gnomon.steps.scale.friedel import friedel_reasons
from gnomon.steps.scale.intensities import blend
from gnomon.steps.scale.light import without_light
from gnomon.steps.scale.observations import Exclusions, Observations, prepare, z_of
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
    without_absurd,
)
from gnomon.steps.scale.setup import PER_PARAMETER, Setup, choose_observations
from gnomon.steps.scale.sigma_reasons import sigma_reasons
from gnomon.steps.scale.steps import STEP_CYCLES, ScaleStep, find_steps, in_words, sharpened, stepped, straddling
from gnomon.steps.scale.summary import merged_figures, summarise


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
    require_intensities("scale", reflections)
    group = _group(experiments, params)
    experiments, blank = judged_by_intensities("scale", experiments, reflections, params.partiality_cutoff)
    selection = _selected(experiments, reflections, params)
    scaled = _scaled(selection, group, params, progress)
    filtering = Filtering(len(scaled.setup.observations), 1.0)
    if params.filter_method == "deltacchalf":
        completeness = float(merged_figures(scaled.setup, scaled.state, group).overall.completeness[0])
        selection, scaled, filtering = _filtered(
            selection, scaled, replace(filtering, completeness=completeness), (group, progress)
        )
    stats = {
        **scaled.choices,
        **summarise(scaled.setup, scaled.state, group, selection),
        **_left_out(scaled.state, scaled.exclusions),
        "reasons": [*blank, *scaled.choices["reasons"]],
        "filtered": filtering.removed,
        "filtering": filtering.as_stats() if params.filter_method else None,
    }
    table = _with_results(scaled.setup, scaled.state, selection.reflections, scaled.exclusions)
    return Result(with_models(scaled.setup, scaled.state), table, stats)


@dataclass(frozen=True, eq=False)
class _Scaled:
    """One run of scaling: how it was set up, what came out, what took no part, what was decided."""

    setup: Setup
    state: State
    exclusions: Exclusions
    choices: dict[str, Any]


def _selected(experiments: Experiments, reflections: Reflections, params: ScaleParams) -> Selection:
    """The data without what the user left out by hand."""
    left_out = in_images(experiments, reflections, params.exclude_images, z_of(reflections))
    experiments = without_images(experiments, params.exclude_images)
    left_out |= ~in_valid_images(experiments, reflections)
    selection = Selection(experiments, reflections, data_set_names(experiments), left_out)
    kept = chosen_data_sets(experiments, selection.names, params)
    return selection if len(kept) == len(experiments) else selection.keep(kept)


def _scaled(selection: Selection, group: Any, params: ScaleParams, progress: Progress | None) -> _Scaled:
    """The selection on one scale."""
    experiments, reflections = selection.experiments, selection.reflections
    observations, exclusions = prepare(experiments, reflections, group, params, selection.left_out)
    steps = find_steps(experiments, observations)
    astride = straddling(reflections, observations, steps)
    exclusions = exclusions.without(observations.row[astride])
    observations = stepped(observations.select(np.flatnonzero(~astride)), steps)
    s1 = reflections["s1"][observations.row]
    which = observations.experiment
    oriented = np.bincount(which, weights=s1.any(axis=1), minlength=len(experiments)) > 0  # else no absorption
    plans = [plan_sweep(experiment, params, known) for experiment, known in zip(experiments, oriented.tolist())]
    needs = PER_PARAMETER * np.array([n_parameters(plan) for plan in plans])
    chosen = choose_observations(observations.groups, which, needs, params.max_observations, params.seed)
    plans, n_compared, reasons = _affordable(plans, observations, chosen, params)
    setup = Setup(experiments, observations, s1, plans, chosen, params, n_compared)
    setup, state, choices = _rounds(setup, steps, progress)
    state, light = without_light(setup, state, selection.names)
    told = in_words(choices.pop("steps"), selection.names, int(astride.sum()))
    return _Scaled(setup, state, exclusions, {**choices, "reasons": [*told, *reasons, *choices["reasons"], *light]})


def _filtered(
    selection: Selection, scaled: _Scaled, filtering: Filtering, how: tuple[Any, Progress | None]
) -> tuple[Selection, _Scaled, Filtering]:
    """Scaled anew without what spoils CC1/2, until nothing does or a limit is reached."""
    params = scaled.setup.params
    while True:
        parts = parts_of(selection, params)
        contribution = contributions(scaled.setup, scaled.state, parts)
        bad, filtering = next_to_leave_out(parts, contribution, scaled.setup, filtering)
        if not len(bad):
            return selection, scaled, filtering
        selection = selection.without(parts, bad, crossing_of(selection.reflections))
        scaled = _scaled(selection, how[0], params, how[1])


def _affordable(
    plans: list[SweepPlan], observations: Observations, chosen: np.ndarray, params: ScaleParams
) -> tuple[list[SweepPlan], int, list[str]]:
    """The model of each sweep, as rich as equivalents allow; how many comparisons those are; what was given up, why."""
    first = blend(observations, 0.0)
    use = np.zeros(len(observations), bool)
    use[chosen] = True
    use &= observations.partiality > WHOLE
    seen = compared(observations, first.value, first.variance, use)
    plans, reasons = limit_plans(plans, seen, params.model != "auto")
    total = len(observations) - len(observations.groups)
    reasons += [*island_reasons(observations, len(plans)), *few_reasons(total), *friedel_reasons(observations)]
    return plans, total, reasons


def _rounds(setup: Setup, steps: list[ScaleStep], progress: Progress | None) -> tuple[Setup, State, dict[str, Any]]:
    """Three rounds: rough scales, then the blend of intensities, then scales under the final weights."""

    def tell(done: int) -> None:
        if progress is not None:
            progress("scaling", done, 3)

    state = refine_scales(setup, without_absurd(setup, first_state(setup)))
    for _ in range(STEP_CYCLES if steps else 0):
        setup, state, steps = sharpened(setup, state, steps)
        state = refine_scales(setup, state)
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
    told = [*excess.reasons, *sigma_reasons(setup, state)]
    choices = {"intensities_tried": tried, "excess_of_partials": excess.taken, "steps": steps, "reasons": told}
    return setup, state, choices


def _group(experiments: Experiments, params: ScaleParams) -> Any:
    """The one space group of all crystals."""
    if params.space_group:
        return space_group(params.space_group)
    symbols = {experiment.needed_crystal.hall_symbol for experiment in experiments}
    if len(symbols) > 1:
        raise InputError(
            f"scale needs one space group; found {', '.join(sorted(s.strip() for s in symbols))}; "
            "run symmetry on all together, or give space_group="
        )
    return space_group(symbols.pop())


def _with_results(setup: Setup, state: State, reflections: Reflections, exclusions: Exclusions) -> Reflections:
    """The table with its new columns and flags; rows that took no part have zeros."""
    row, n = setup.observations.row, len(reflections)
    step = setup.observations.step
    columns = {
        "intensity.scale.value": state.intensities.value * step,
        "intensity.scale.variance": state.variance * (state.g * step) ** 2,
        "inverse_scale_factor": state.g * step,
        "inverse_scale_factor_variance": state.g_variance * step**2,
    }
    full = {}
    for name, values in columns.items():
        full[name] = np.zeros(n)
        full[name][row] = values
    part, outlier, light = np.zeros((3, n), bool)
    part[row], outlier[row], light[row] = True, state.outlier, ~state.outlier & ~state.merged
    return (
        reflections.with_columns(full)
        .flagged(Flag.SCALED, part)
        .flagged(Flag.OUTLIER_IN_SCALING, outlier)
        .flagged(Flag.EXCLUDED_FOR_SCALING, exclusions.unsuitable | light)
        .flagged(Flag.USER_EXCLUDED_IN_SCALING, exclusions.by_user & ~exclusions.unsuitable)
    )


def _left_out(state: State, exclusions: Exclusions) -> dict[str, int]:
    return {
        "n_outliers": int(state.outlier.sum()),
        "n_light": int((~state.outlier & ~state.merged).sum()),
        "n_unsuitable": int(exclusions.unsuitable.sum()),
        "n_by_user": int((exclusions.by_user & ~exclusions.unsuitable).sum()),
    }
