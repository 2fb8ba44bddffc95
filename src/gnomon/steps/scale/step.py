"""Scaling, from top to bottom."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from gemmi import SpaceGroup

from gnomon.errors import InputError
from gnomon.maths.crystal.symmetry import space_group
from gnomon.maths.images.images_that_count import judged_by_intensities
from gnomon.maths.images.left_out import without_images
from gnomon.maths.intensities.scaled_rows import crossing_of
from gnomon.models.by_experiment import rows_of_each
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.names import data_set_names
from gnomon.models.reflections import Reflections
from gnomon.models.valid_images import in_valid_images
from gnomon.step import HERE, Context, Progress, Result, require_columns, require_crystals, require_intensities
from gnomon.steps.scale.array_model import Grids, grids_of, on_first_panel
from gnomon.steps.scale.comparisons import compared, few_reasons, friedel_reasons, limit_plans, unconnected_reasons
from gnomon.steps.scale.corrections import (
    STEP_CYCLES,
    ScaleStep,
    calibrate_partials,
    find_steps,
    step_reasons,
    straddling,
    with_refined_steps,
    without_steps,
)
from gnomon.steps.scale.filtering import (
    Filtering,
    Selection,
    chosen_data_sets,
    contributions,
    in_images,
    next_to_leave_out,
    parts_of,
    without_negligible,
)
from gnomon.steps.scale.model import (
    Setup,
    choose_observations,
    observations_needed,
    plan_sweep,
)
from gnomon.steps.scale.observations import Exclusions, Observations, blend, prepare, z_of
from gnomon.steps.scale.params import ScaleParams
from gnomon.steps.scale.scaling import (
    WHOLE,
    State,
    choose_intensities,
    first_state,
    merged_so_far,
    refine_errors,
    refine_scales,
    reject_outliers,
    with_surface_weights,
    without_absurd,
)
from gnomon.steps.scale.statistics import Choices, Scaled, merged_figures, sigma_reasons, summarise, with_models
from gnomon.steps.scale.summary import ScaleSummary
from gnomon.steps.scale.target import Target, appended, target_of, was_scaled
from gnomon.summary import Decision


def scale(
    experiments: Experiments,
    reflections: Reflections,
    params: ScaleParams,
    context: Context = HERE,
) -> Result[ScaleSummary]:
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
    target = target_of(selection.experiments, selection.reflections, group, params)
    before, selection = _scaled_before(selection, params) if params.scales_new_ones else (None, selection)
    scaling = Scaling(group, params, target, context.progress)
    scaled = _scaled(selection, scaling)
    filtering = Filtering(len(scaled.setup.observations), 1.0)
    if params.filter_method == "deltacchalf":
        completeness = float(merged_figures(scaled.setup, scaled.state, group).overall.completeness[0])
        selection, scaled, filtering = _filtered(
            selection, scaled, replace(filtering, completeness=completeness), scaling
        )
    summary = summarise(scaled, group, selection, filtering)
    summary = replace(summary, decisions=(*map(Decision, blank), *summary.decisions))
    table = _with_results(scaled.setup, scaled.state, selection.reflections, scaled.exclusions)
    made = with_models(scaled.setup, scaled.state)
    if before is not None and not params.only_save_targeted:
        made, table = appended((before.experiments, before.reflections), (made, table))
    return Result(made, table, summary)


@dataclass(frozen=True, eq=False)
class Scaling:
    """How every selection is scaled: in which group, as asked, to which target."""

    group: SpaceGroup
    params: ScaleParams
    target: Target | None
    progress: Progress | None


def _scaled_before(selection: Selection, params: ScaleParams) -> tuple[Selection, Selection]:
    """What was scaled before, and what is to be."""
    before = np.array([was_scaled(experiment) for experiment in selection.experiments])
    return selection.keep(np.flatnonzero(before).tolist()), selection.keep(np.flatnonzero(~before).tolist())


def _selected(experiments: Experiments, reflections: Reflections, params: ScaleParams) -> Selection:
    """The data without what the user left out by hand."""
    left_out = in_images(experiments, reflections, params.exclude_images, z_of(reflections))
    experiments = without_images(experiments, params.exclude_images)
    left_out |= ~in_valid_images(experiments, reflections)
    selection = Selection(experiments, reflections, data_set_names(experiments), left_out)
    kept = chosen_data_sets(experiments, selection.names, params)
    return selection if len(kept) == len(experiments) else selection.keep(kept)


def _scaled(selection: Selection, scaling: Scaling) -> Scaled:
    """The selection on one scale."""
    params = scaling.params
    experiments, reflections = selection.experiments, selection.reflections
    observations, exclusions = prepare(experiments, reflections, scaling.group, params, selection.left_out)
    steps = find_steps(experiments, observations)
    astride = straddling(reflections, observations, steps)
    exclusions = exclusions.without(observations.row[astride])
    observations = without_steps(observations.select(np.flatnonzero(~astride)), steps)
    s1 = reflections["s1"][observations.row]
    which = observations.experiment
    oriented = np.bincount(which, weights=s1.any(axis=1), minlength=len(experiments)) > 0  # else no absorption
    grids = _grids(experiments, observations, s1, params) if params.model == "array" else [None] * len(experiments)
    plans = [plan_sweep(e, params, known, own) for e, known, own in zip(experiments, oriented.tolist(), grids)]
    needs = np.array([observations_needed(plan) for plan in plans])
    target = None if scaling.target is None else scaling.target.of_groups(observations.groups)
    telling = observations.groups.counts > 1
    if target is not None:
        telling |= np.isfinite(target)
    chosen = choose_observations(observations.groups, which, needs, params.max_observations, params.seed, telling)
    setup = Setup(
        experiments, observations, s1, plans, chosen, params, len(observations) - len(observations.groups), target
    )
    setup, limits = _affordable(setup)
    setup, state, steps, choices = _rounds(setup, steps, scaling.progress)
    state, negligible = without_negligible(setup, state, selection.names)
    reasons = step_reasons(steps, selection.names, int(astride.sum()))
    if scaling.target is not None and target is not None:
        means = merged_so_far(setup, state)
        reasons = [scaling.target.decision(target, means.mean, means.known), *reasons]
    choices = replace(choices, decisions=(*reasons, *limits, *choices.decisions, *negligible))
    return Scaled(setup, state, exclusions, choices)


def _grids(experiments: Experiments, observations: Observations, s1: np.ndarray, params: ScaleParams) -> list[Grids]:
    """The grids of each sweep's array model, with the same nodes of resolution; s1: (N, 3) of the observations."""
    inverse, found = observations.d**-2.0, []
    for e, rows in zip(experiments, rows_of_each(observations.experiment, len(experiments))):
        rays = s1[rows]
        known = len(rows) > 0 and bool(rays.any())
        found.append(grids_of(params, inverse, on_first_panel(e, rays) if known else None))
    return found


def _filtered(
    selection: Selection, scaled: Scaled, filtering: Filtering, scaling: Scaling
) -> tuple[Selection, Scaled, Filtering]:
    """Scaled anew without what lowers CC1/2, until nothing does or a limit is reached."""
    params = scaled.setup.params
    while True:
        parts = parts_of(selection, params)
        contribution = contributions(scaled.setup, scaled.state, parts)
        bad, filtering = next_to_leave_out(parts, contribution, scaled.setup, filtering)
        if not len(bad):
            return selection, scaled, filtering
        selection = selection.without(parts, bad, crossing_of(selection.reflections, selection.experiments))
        scaled = _scaled(selection, scaling)


def _affordable(setup: Setup) -> tuple[Setup, list[Decision]]:
    """The model of each sweep as rich as equivalents, and the target, allow; what was given up, and why."""
    observations = setup.observations
    use = np.zeros(len(observations), bool)
    use[setup.chosen] = True
    use &= observations.partiality > WHOLE
    seen = compared(observations, blend(observations, 0.0), use, setup.target)
    plans, limits = limit_plans(setup.plans, seen, setup.params.model != "auto")
    if setup.params.share_absorption:
        n = sum(plan.lmax > 0 for plan in plans)
        plans = [replace(plan, sharers=max(n, 1)) for plan in plans]
    unconnected = unconnected_reasons(observations, len(plans), setup.target)
    more = [*unconnected, *few_reasons(setup.comparisons), *friedel_reasons(observations)]
    return replace(setup, plans=plans), [*limits, *more]


def _rounds(
    setup: Setup, steps: list[ScaleStep], progress: Progress | None
) -> tuple[Setup, State, list[ScaleStep], Choices]:
    """Three rounds: rough scales, then the blend of intensities, then scales under the final weights."""

    def tell(done: int) -> None:
        if progress is not None:
            progress("scaling", done, 3)

    state = refine_scales(setup, without_absurd(setup, first_state(setup)))
    for _ in range(STEP_CYCLES if steps else 0):
        setup, state, steps = with_refined_steps(setup, state, steps)
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
    decisions = (*excess.decisions, *sigma_reasons(setup, state))
    return setup, state, steps, Choices(tried, excess.taken, decisions)


def _group(experiments: Experiments, params: ScaleParams) -> SpaceGroup:
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
    part, outlier, negligible = np.zeros((3, n), bool)
    part[row], outlier[row], negligible[row] = True, state.outlier, ~state.outlier & ~state.merged
    return (
        reflections.with_columns(full)
        .flagged(Flag.SCALED, part)
        .flagged(Flag.OUTLIER_IN_SCALING, outlier)
        .flagged(Flag.EXCLUDED_FOR_SCALING, exclusions.unsuitable | negligible)
        .flagged(Flag.USER_EXCLUDED_IN_SCALING, exclusions.by_user & ~exclusions.unsuitable)
    )
