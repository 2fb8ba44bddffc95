"""How many scale parameters the equivalents can determine, and what to leave out where they are few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gnomon.maths.merging import Groups
from gnomon.steps.scale.intensities import FIRST_B
from gnomon.steps.scale.observations import Observations
from gnomon.steps.scale.physical import SweepPlan, n_parameters
from gnomon.summary import Decision

PER_PARAMETER = 3
"""Comparisons among equivalents that a parameter needs."""

FEW = 50
"""With fewer comparisons than this nothing is rejected, and no blend of intensities is called better than another."""

_LEAST_SIGNIFICANCE = 2.0  # I/sigma of a group whose agreement says something about scales


@dataclass(frozen=True, eq=False)
class Comparisons:
    """Independent comparisons with equivalents, for each of S sweeps: all, and those with other sweeps."""

    all: np.ndarray  # (S,), the share of the degrees of freedom, sum over groups of n_s (1 - 1 / n)
    across: np.ndarray  # (S,), sum over groups of n_s (1 - n_s / n)

    @property
    def total(self) -> int:
        """Degrees of freedom among all equivalents."""
        return round(float(self.all.sum()))


def comparisons(groups: Groups, sweep: np.ndarray, n_sweeps: int) -> Comparisons:
    """How often each sweep is compared; sweep: (N,) that of each observation."""
    size = groups.counts[groups.label]
    pairs, which = np.unique(groups.label * n_sweeps + sweep, return_inverse=True)
    same = np.bincount(which.reshape(-1), minlength=len(pairs))[which.reshape(-1)]  # of its group in its sweep
    return Comparisons(
        np.bincount(sweep, 1 - 1 / size, n_sweeps),
        np.bincount(sweep, 1 - same / size, n_sweeps),
    )


def compared(observations: Observations, value: np.ndarray, variance: np.ndarray, use: np.ndarray) -> Comparisons:
    """The comparisons that tell of scales: among observations ``use`` (N,) of groups stronger than two sigma."""
    weight = np.where(use, 1 / variance, 0.0)
    total = observations.groups.sum(weight)
    signal = observations.groups.sum(weight * value) > _LEAST_SIGNIFICANCE * np.sqrt(total)
    rows = np.flatnonzero(use & signal[observations.groups.label])
    n_sweeps = int(observations.experiment.max(initial=0)) + 1
    return comparisons(observations.groups.select(rows), observations.experiment[rows], n_sweeps)


def simpler(plan: SweepPlan) -> SweepPlan | None:
    """The next plan with fewer parameters: no absorption, one scale and B, one scale, none."""
    if plan.kind == "physical" and plan.lmax:
        return replace(plan, lmax=0)
    if plan.kind == "physical":
        return SweepPlan("KB", decay_restraint=plan.decay_restraint, has_decay=plan.has_decay)
    if plan.has_decay:
        return replace(plan, has_decay=False)
    return None if plan.held else replace(plan, held=True)


def affordable(plan: SweepPlan, of_all: float, across: float, per_parameter: float) -> SweepPlan:
    """The richest plan of at most ``plan``'s whose parameters have ``per_parameter`` comparisons each.

    A scale and a B that do not change within a sweep can only be told from other sweeps.
    """
    while True:
        known = of_all if plan.kind == "physical" else across
        fewer = simpler(plan)
        if fewer is None or known >= per_parameter * n_parameters(plan):
            return plan
        plan = fewer


def limit_plans(
    plans: Sequence[SweepPlan], seen: Comparisons, as_asked: bool
) -> tuple[list[SweepPlan], list[Decision]]:
    """The plans that the comparisons can determine, and why they differ from those given.

    as_asked: the user named the model, which is then kept while there is a comparison a parameter.
    """
    count = [np.pad(c, (0, len(plans) - len(c))) for c in (seen.all, seen.across)]
    need = 1 if as_asked else PER_PARAMETER
    limited = [affordable(plan, all_, across, need) for plan, all_, across in zip(plans, *count)]
    changed: dict[tuple[str, str], list[int]] = {}
    for i, (before, after) in enumerate(zip(plans, limited)):
        if before.name != after.name:
            changed.setdefault((before.name, after.name), []).append(i)
    decisions = []
    for (asked, given), sweeps in changed.items():
        all_, across = (round(float(c[sweeps].sum())) for c in count)
        reason = f"equivalents allow only {all_} independent comparisons, {across} of them between sweeps"
        what, evidence = f"{_sweeps(sweeps)}: {given} instead of {asked}", {"comparisons": all_, "across": across}
        decisions.append(Decision(what, reason, evidence, "model"))
    return limited, decisions


def few_reasons(n_comparisons: int) -> list[Decision]:
    """What is left at its default because equivalents allow few comparisons."""
    if n_comparisons >= FEW:
        return []
    what = (
        "profile-fitted intensities, no outliers rejected, and an error model near counting statistics with "
        f"b = {FIRST_B:g}"
    )
    reason = f"equivalents allow only {n_comparisons} comparisons (fewer than {FEW})"
    return [Decision(what, reason, {"comparisons": n_comparisons, "needed": FEW})]


def _sweeps(numbers: Sequence[int]) -> str:
    if len(numbers) > 8:
        return f"{len(numbers)} sweeps"
    return f"sweep{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"
