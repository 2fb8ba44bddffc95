"""refine: static models of all experiments jointly, then each crystal along its scan where its spots tell that."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gnomon.distribute.executor import Executor
from gnomon.maths.geometry.centroids import map_centroids
from gnomon.maths.geometry.prediction import predict
from gnomon.maths.geometry_fit.held import better_known_before
from gnomon.maths.geometry_fit.options import Fit, FitOptions, options_of
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.step import HERE, Context, Progress, Result, require_columns, require_crystals
from gnomon.steps.refine.modules import as_uncertain, place_modules
from gnomon.steps.refine.params import RefineParams
from gnomon.steps.refine.plausible import doubts
from gnomon.steps.refine.rocking import rocking_width
from gnomon.steps.refine.static import fit_static
from gnomon.steps.refine.summary import (
    FittedParameter,
    LeastSquaresStep,
    ModuleSummary,
    RefineSummary,
    misorientations,
    moves,
    of_experiments,
    of_panels,
)
from gnomon.steps.refine.varying import fit_varying
from gnomon.steps.refine.wandering import beam_decision, fit_beams_along
from gnomon.summary import Decision

MOST_NAMED = 6  # experiments, by number
SMALLEST_SPLIT = 0.03  # degrees r.m.s. of domains that are told of: less is what slips and chance make
LEAST_OF_WIDTH = 0.5
"""Of the rocking curve's width: less is no domains, but that each spot was found on other images of its curve. Measured
.15 to .33 of mosaic crystals of .3 to .8 degrees on images of .1; .7 to .9 of split ones."""
NEEDS = ("id", "miller_index", "panel", "flags", "xyzobs.px.value", "xyzobs.px.variance")


@dataclass(frozen=True)
class Refined:
    """The experiments, their table as they predict it, the fit (None where it was not to be believed), and why."""

    experiments: Experiments
    table: Reflections
    fit: Fit | None
    decisions: tuple[Decision, ...]
    modules: tuple[ModuleSummary, ...] = ()  # where they were placed


def refine(
    experiments: Experiments,
    reflections: Reflections,
    params: RefineParams,
    context: Context = HERE,
) -> Result[RefineSummary]:
    """The refined experiments; the reflections as they predict them, with ``s1``, ``rlp`` and mm of the new geometry.

    Flags USED_IN_REFINEMENT and CENTROID_OUTLIER say what became of each; crystals carry the uncertainties of their
    cells. A fit that ends where it may not be is not believed: the geometry given is kept, and the decisions say so.
    Raises InputError where columns, crystals, rotation or reflections are missing.
    """
    require_columns("refine", reflections, NEEDS)
    require_crystals("refine", experiments)
    executor = context.executor.over(context.workers)
    done = _believed(experiments, reflections, params, executor, context.progress)
    summary = _summary(experiments, done)
    return Result(done.experiments, map_centroids(done.experiments, done.table), summary)


def fit_options(params: RefineParams) -> FitOptions:
    """The parameters as the fit knows them."""
    return replace(
        options_of(params),
        one_cell=params.one_cell is not False,
        per_panel=params.panels == "each",
        spindle_cutoff=params.close_to_spindle_cutoff,
        max_iterations=params.max_iterations,
        block_width=params.reflections_block_width or params.block_width,
        circles=True,
    )


def _believed(
    experiments: Experiments,
    reflections: Reflections,
    params: RefineParams,
    executor: Executor,
    progress: Progress | None,
) -> Refined:
    """The fit of all that may be believed; crystals that may not are as they were."""
    options = fit_options(params)
    held, names = better_known_before(experiments, reflections, options)
    decisions = [Decision(f"as in the header, since the spots tell less of it: {', '.join(names)}")] if held else []
    fit, why = fit_static(experiments, reflections, replace(options, held=held), params)
    nonsense, strangers = doubts(experiments, fit)
    if nonsense:
        kept = Decision("the geometry given is kept", f"{nonsense}; check the indexing", link=": ")
        return _kept(experiments, reflections, (*decisions, kept))
    if strangers:
        return _without(experiments, reflections, params, strangers, executor, progress)

    def follow(start: Fit) -> tuple[Fit, list[Decision]]:
        return fit_varying(start, reflections, params, executor, progress)

    if not params.beam_force_static and params.scan_varying is not False:
        fit = fit_beams_along(fit, reflections, params)
        decisions = [*decisions, beam_decision(fit.experiments)]
    placed = place_modules(fit, reflections, params.modules, options.per_panel, lambda start: follow(start)[0])
    fit, more = follow(placed.fit or fit)
    fit = fit if placed.fit is None else as_uncertain(fit, placed.fit)
    told = (*decisions, *why, *placed.decisions, *more, *_warnings(fit))
    return Refined(fit.experiments, fit.reflections, fit, told, tuple(placed.table))


def _warnings(fit: Fit) -> list[Decision]:
    """What a user should know of the spots: that less than half are used, that crystals are of several domains."""
    indexed = (fit.reflections["miller_index"] != 0).any(axis=1)
    numbers = fit.reflections["id"][indexed]
    known = np.bincount(numbers[numbers >= 0], minlength=len(fit.experiments))
    few = np.flatnonzero(fit.n_used < known / 2)
    lines = []
    if len(few):
        part = 100 * fit.n_used[few].sum() / known[few].sum()
        told = f"{fit.n_outliers[few].sum()} of {known[few].sum()} err too much, the others are weak, cut by the scan's"
        what = f"less than half of the indexed spots used ({part:.0f} %) of {_named(few.tolist())}"
        lines.append(
            Decision(what, f"{told} ends or panels' edges, or near the spindle", {"used": float(part)}, link=": ")
        )
    split = {e: turned for e, turned in fit.domains.items() if turned > max(SMALLEST_SPLIT, _least_split(fit, e))}
    if split:
        far = " to ".join(dict.fromkeys(f"{turned:.2g}" for turned in (min(split.values()), max(split.values()))))
        what = f"spots err as those of domains turned by {far} degrees r.m.s., and are weighed so"
        evidence = {"turned": float(max(split.values())), "experiments": len(split)}
        lines.append(Decision(what, _named(sorted(split)), evidence, link=": "))
    return lines


def _least_split(fit: Fit, number: int) -> float:
    """Degrees by which domains of an experiment's crystal must be turned to be told from its mosaic spread."""
    spots = fit.reflections.of_experiment(number)
    spots = spots.select(spots.has(Flag.USED_IN_REFINEMENT))
    return LEAST_OF_WIDTH * rocking_width(fit.experiments[number], spots)


def _named(numbers: list[int]) -> str:
    """Experiments by their numbers, or by how many they are."""
    if len(numbers) > MOST_NAMED:
        return f"{len(numbers)} experiments"
    return f"experiment{'s' * (len(numbers) > 1)} {', '.join(map(str, numbers))}"


def _kept(experiments: Experiments, reflections: Reflections, decisions: tuple[Decision, ...]) -> Refined:
    """What was given, as it predicts its reflections; none is used, none an outlier."""
    table = predict(experiments, reflections)
    for flag in (Flag.USED_IN_REFINEMENT, Flag.CENTROID_OUTLIER):
        table = table.flagged(flag, np.zeros(len(table), bool))
    return Refined(experiments, table, None, decisions)


def _without(
    experiments: Experiments,
    reflections: Reflections,
    params: RefineParams,
    strangers: dict[int, str],
    executor: Executor,
    progress: Progress | None,
) -> Refined:
    """The fit without the experiments that are ``strangers``: these keep their crystals, on the refined instrument."""
    members = [i for i in range(len(experiments)) if i not in strangers]
    number = np.full(len(experiments) + 1, -1)  # the last one is that of id -1
    number[members] = np.arange(len(members))
    rows = np.flatnonzero(number[reflections["id"]] >= 0)
    own = reflections.select(rows)
    chosen = experiments.with_items(experiments[i] for i in members)
    renamed = params.changed(target_id=_among(params.target_id, members), group_id=_among(params.group_id, members))
    done = _believed(chosen, own.with_columns({"id": number[own["id"]]}), renamed, executor, progress)
    items = list(experiments)
    beams, detectors = {}, {}
    for i, refined in zip(members, done.experiments):
        beams[items[i].beam.key], detectors[items[i].detector.key] = refined.beam, refined.detector
        items[i] = refined
    for i in strangers:
        beam, detector = items[i].beam, items[i].detector
        items[i] = items[i].replace(beam=beams.get(beam.key, beam), detector=detectors.get(detector.key, detector))
    told = [
        Decision(f"crystal of experiment {i} is kept as given", f"{why}; check its indexing", link=": ")
        for i, why in strangers.items()
    ]
    kept = _kept(experiments.with_items(items), reflections, (*told, *done.decisions))
    flags = kept.table["flags"].copy()
    flags[rows] = done.table["flags"]
    return replace(kept, table=kept.table.with_columns({"flags": flags}), fit=done.fit)


def _among(numbers: tuple[int, ...] | None, members: list[int]) -> tuple[int, ...] | None:
    """Which of the ``members`` these experiments are; None stays."""
    return None if numbers is None else tuple(members.index(i) for i in numbers if i in members)


def _summary(before: Experiments, done: Refined) -> RefineSummary:
    fit = done.fit
    names = () if fit is None else zip(fit.names, fit.values.tolist(), fit.uncertainties.tolist())
    return RefineSummary(
        chi_squared=float("nan") if fit is None else float(fit.chi_squared),
        steps=() if fit is None else tuple(LeastSquaresStep(int(n), *map(float, rmsd)) for n, *rmsd in fit.steps),
        parameters=tuple(FittedParameter(*row) for row in names),
        modules=done.modules,
        experiments=of_experiments(done.experiments, done.table),
        panels=of_panels(done.experiments, done.table),
        moves=moves(before, done.experiments),
        misorientations=misorientations(done.experiments),
        decisions=done.decisions,
    )
