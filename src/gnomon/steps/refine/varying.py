"""Crystals that turn and swell along their scan."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gnomon.distribute.executor import Executor
from gnomon.maths.geometry_fit.crystal_block import CELL, ORIENTATION
from gnomon.maths.geometry_fit.fit import fit_geometry
from gnomon.maths.geometry_fit.options import Fit, FitOptions
from gnomon.maths.geometry_fit.variation import Variation, Walk, fit_variation
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections
from gnomon.step import Progress
from gnomon.steps.refine.params import RefineParams
from gnomon.summary import Decision

CLOSEST = 1.0  # degrees between checkpoints, at least: mounts hardly slip faster, and it is what spots can tell
REFLECTIONS_PER_CHECKPOINT = 10  # so that its three turns are told
FEWEST_INTERVALS = 2  # in a scan, to vary along it
MOST_INTERVALS = 200  # the cost goes with the cube
ROUNDS = 4  # of the crystals along their scans, and of everything else with them held so
TURNS, CELLS = 0, 1  # the rounds that judge whether crystals turn, and whether they also swell
LOOSER = (
    10.0  # times the walk: slips are smooth, and more of them is slow than a walk has; cells and detectors feel that
)
SETTLED = 5e-5  # relative change of the cell edges by a round that is the last
LISTED_EACH = 6  # crystals of which each has a line of its own


@dataclass(frozen=True)
class Along:
    """One crystal along its scan: the checkpoints' distance in degrees, what varies, or why that was not asked."""

    interval: float
    variation: Variation | None
    why_not: str = ""

    @property
    def varies(self) -> str:
        """Orientation, cell or both; empty where nothing does."""
        return "" if self.variation is None or self.variation.fit is None else self.variation.what

    @property
    def wander(self) -> float | None:
        """How far it may go on turning while all else is fitted, rad over the root of a degree; None: not at all."""
        if self.variation is None or not (self.varies and self.variation.turns):
            return None
        return LOOSER * self.variation.stiffness.turn


def fit_varying(
    static: Fit, reflections: Reflections, params: RefineParams, executor: Executor, progress: Progress | None
) -> tuple[Fit, list[Decision]]:
    """The fit after each crystal was followed along its scan, and what was decided of each.

    Each crystal is followed by itself, with beam and detector where they are: the crystals go to the executor. Then
    all that was fitted before is fitted again with the crystals turning so, since a slip pulls detector and cells
    (0.06 % of the cell for 0.2 degrees on simulated wedges), and so on until it stands.
    """
    asked, still = params.scan_varying, _still_along(params)
    if asked is False or "all" in static.options.crystal_fixed or len(still) == 2:
        return static, []
    fit, n = static, len(static.experiments)
    along = [_planned(fit.experiments[i], int(fit.n_used[i]), params, bool(asked)) for i in range(n)]
    rows = reflections.by_experiment()
    for round_ in range(ROUNDS):
        start = _with_fixed(fit, (*still, CELL) if round_ == TURNS else still)
        if round_ == CELLS:  # judged anew
            along = [replace(one, variation=None) for one in along]
        todo = [i for i in range(n) if not along[i].why_not and (along[i].varies or round_ <= CELLS)]
        crystals = (_Crystal(start.experiments[i], _numbered(reflections.select(rows[i])), along[i]) for i in todo)
        task = FollowCrystal(start.options, bool(asked))
        for done, (i, one) in enumerate(zip(todo, executor.map(task, crystals)), 1):
            along[i] = one
            if progress is not None:
                progress("crystals along their scans", done, len(todo))
        if not any(one.varies for one in along):
            if round_ == TURNS:
                continue
            return (static if round_ == CELLS else fit), _words(static.experiments, along)
        before = fit
        options = replace(static.options, along_path=True, wander=tuple(one.wander for one in along))
        fit = fit_geometry(_with_paths(fit.experiments, along, static), reflections, options)
        if round_ and _change(before, fit) < SETTLED:
            break
    return fit, _words(fit.experiments, along)


def _still_along(params: RefineParams) -> tuple[str, ...]:
    """What of crystals stands still along scans, as asked."""
    return (ORIENTATION,) * params.orientation_force_static + (CELL,) * params.cell_force_static


def _with_fixed(fit: Fit, still: tuple[str, ...]) -> Fit:
    """The same with more of crystals that is to stand still along scans.

    At first cells: a slip pulls detector and cells, and these make cells swell.
    """
    fixed = tuple(dict.fromkeys((*fit.options.crystal_fixed, *still)))
    return replace(fit, options=replace(fit.options, crystal_fixed=fixed))


def _planned(experiment: Experiment, n_used: int, params: RefineParams, asked: bool) -> Along:
    """The distance of the checkpoints, or why a crystal is not even tried along its scan."""
    width = abs(experiment.needed_scan.oscillation[1]) * experiment.needed_scan.n_images
    interval = params.interval_over(width)
    chosen = max(CLOSEST, REFLECTIONS_PER_CHECKPOINT * width / max(n_used, 1), width / MOST_INTERVALS)
    if asked or interval is not None:
        return Along(interval or min(chosen, width), None)
    if width < FEWEST_INTERVALS * CLOSEST:
        return Along(chosen, None, f"its scan covers {width:.4g} degrees")
    if width < FEWEST_INTERVALS * chosen:
        return Along(chosen, None, f"{n_used} reflections are few")
    return Along(chosen, None)


@dataclass(frozen=True, eq=False)
class _Crystal:
    """One experiment, its rows under the number 0, and how it is followed."""

    experiment: Experiment
    rows: Reflections
    plan: Along


@dataclass(frozen=True, eq=False)
class FollowCrystal:
    """The task of following a crystal along its scan; the second time by as much as it was found to vary."""

    options: FitOptions
    asked: bool

    def __call__(self, crystal: _Crystal) -> Along:
        plan = crystal.plan
        options = replace(
            self.options, interval=plan.interval, separate_mounts=False, along_path=False, wander=(), held=()
        )
        return replace(
            plan, variation=fit_variation(crystal.experiment, crystal.rows, options, self.asked, plan.variation)
        )


def _with_paths(experiments: Experiments, along: list[Along], static: Fit) -> Experiments:
    """The experiments with the crystals that vary as they were found, and those that do not after all as at first."""
    items = list(experiments)
    for i, one in enumerate(along):
        if one.variation is not None and one.variation.fit is not None:
            items[i] = items[i].replace(crystal=one.variation.fit.experiments[0].crystal)
        elif items[i].needed_crystal.A_at_scan_points is not None:
            items[i] = items[i].replace(crystal=static.experiments[i].crystal)
    return experiments.with_items(items)


def _change(before: Fit, after: Fit) -> float:
    """The largest relative change of a cell edge."""
    pairs = zip(before.experiments, after.experiments)
    return max(float(np.abs(b.needed_crystal.cell / a.needed_crystal.cell - 1)[:3].max()) for a, b in pairs)


def _numbered(rows: Reflections) -> Reflections:
    return rows.with_columns({"id": np.zeros(len(rows), int)})


def _excursion(experiment: Experiment) -> float:
    """Degrees r.m.s. by which a crystal is turned from where it is in the middle of its scan."""
    crystal = experiment.needed_crystal
    if crystal.A_at_scan_points is None:
        return 0.0
    left, _, right = np.linalg.svd(crystal.A_at_scan_points @ np.linalg.inv(crystal.A))
    cosine = (np.trace(left @ right, axis1=1, axis2=2) - 1) / 2
    return float(np.rad2deg(np.sqrt((np.arccos(np.clip(cosine, -1, 1)) ** 2).mean())))


def _words(experiments: Experiments, along: list[Along]) -> list[Decision]:
    """One for each crystal, or where there are many one for all that were decided alike."""
    if len(along) <= LISTED_EACH:
        return [
            _decision(f"crystal of experiment {i}", [e], [one]) for i, (e, one) in enumerate(zip(experiments, along))
        ]
    kinds: dict[str, list[int]] = {}
    for i, one in enumerate(along):
        kinds.setdefault(one.why_not or one.varies, []).append(i)
    lines = []
    for members in kinds.values():
        who = f"all {len(along)} crystals" if len(kinds) == 1 else f"{len(members)} of {len(along)} crystals"
        lines.append(_decision(who, [experiments[i] for i in members], [along[i] for i in members]))
    return lines


def _decision(who: str, experiments: list[Experiment], along: list[Along]) -> Decision:
    """What was decided alike of some crystals."""
    walks = [one.variation for one in along if one.variation is not None]
    evidence = {"crystals": float(len(along))}
    if walks:  # the least sure of them
        evidence["gain_of_turns"] = float(min(w.turn.gain for w in walks))
        evidence["gain_of_cells"] = float(min(w.strain.gain for w in walks))
    return Decision(f"{who}: {_decided_alike(experiments, along)}", evidence=evidence, parameter="scan_varying")


def _decided_alike(experiments: list[Experiment], along: list[Along]) -> str:
    """What was decided alike of some crystals, and the figures that decided it."""
    if along[0].why_not:
        return f"static, {along[0].why_not}"
    walks = [one.variation for one in along if one.variation is not None]
    gains = [
        f"{name} {_gain(of)}"
        for name, of in (("orientation", [w.turn for w in walks]), ("cell", [w.strain for w in walks]))
    ]
    judged = f"ln of the evidence over standing still: {', '.join(gains)}"
    if not along[0].varies:
        return f"static ({judged})"
    every = _range([one.interval for one in along], ".2g")
    far = _range([_excursion(e) for e in experiments], ".2g")
    return (
        f"scan-varying {along[0].varies}, checkpoints every {every} degrees, turns by {far} degrees r.m.s. ({judged})"
    )


def _gain(walks: list[Walk]) -> str:
    return f"{_range([w.gain for w in walks], '.0f')}, needed {_range([w.needed for w in walks], '.0f')}"


def _range(values: list[float], form: str) -> str:
    low, high = format(min(values), form), format(max(values), form)
    return low if low == high else f"{low} to {high}"
