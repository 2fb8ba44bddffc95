"""What equivalents can determine: which sweeps they connect, and how many parameters.

A model is made simpler where they are few, and what is given up is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.maths.intensities.merging import Groups
from gnomon.maths.numerics.connected import connected_sets
from gnomon.steps.scale.model import SweepPlan, n_parameters
from gnomon.steps.scale.observations import ENOUGH, FIRST_B, Intensities, Observations
from gnomon.summary import Decision

COMPARISONS_PER_PARAMETER = 3
"""Comparisons among equivalents that a parameter needs."""
FEW_COMPARISONS = 50
"""With fewer comparisons than this nothing is rejected, and no blend of intensities is called better than another."""
_LEAST_SIGNIFICANCE = 2.0  # I/sigma of a group whose agreement says something about scales


def connected_sweeps(label: np.ndarray, sweep: np.ndarray, n_groups: int, n_sweeps: int) -> np.ndarray:
    """(S,) for each sweep the first of those with which equivalents connect it; label, sweep: (N,) of observations."""
    nodes = n_sweeps + n_groups  # the sweeps, then the groups of equivalents
    component = connected_sets(sweep, n_sweeps + label, nodes)[:n_sweeps]
    _, first, which = np.unique(component, return_index=True, return_inverse=True)
    return np.asarray(first[which.reshape(-1)])


def joined_by_target(label: np.ndarray, target: np.ndarray | None) -> np.ndarray:
    """(N,) the same labels, but one for all groups with a ``target`` (M,), which connects whatever observes them."""
    if target is None or not np.isfinite(target).any():
        return label
    known = np.isfinite(target)
    return np.where(known[label], np.flatnonzero(known)[0], label)


def unconnected_reasons(observations: Observations, n_sweeps: int, target: np.ndarray | None = None) -> list[Decision]:
    """What is said of sweeps that share no reflection with most of the others."""
    label = joined_by_target(observations.groups.label, target)
    found = connected_sweeps(label, observations.experiment, len(observations.groups), n_sweeps)
    number = np.bincount(found, minlength=n_sweeps)
    main = int(np.argmax(number))
    apart = np.flatnonzero(found != main)
    if not len(apart):
        return []
    which = ", ".join(map(str, apart[:8])) + (f" and {len(apart) - 8} more" if len(apart) > 8 else "")
    sweeps = f"sweep {which} shares" if len(apart) == 1 else f"sweeps {which} share"
    others = "the others" if len(apart) == 1 else "the rest"
    what = f"{sweeps} no reflection with {others}: scaled to the same mean intensities (Wilson), which is rough"
    return [Decision(what, evidence={"sweeps": n_sweeps, "connected": int(number[main]), "apart": len(apart)})]


@dataclass(frozen=True, eq=False)
class Comparisons:
    """Independent comparisons with equivalents, for each of S sweeps: all, and those with other sweeps."""

    all: np.ndarray  # (S,), the share of the degrees of freedom, sum over groups of n_s (1 - 1 / n)
    across: np.ndarray  # (S,), sum over groups of n_s (1 - n_s / n)

    @property
    def total(self) -> int:
        """Degrees of freedom among all equivalents."""
        return round(float(self.all.sum()))


def comparisons(groups: Groups, sweep: np.ndarray, n_sweeps: int, target: np.ndarray | None = None) -> Comparisons:
    """How often each sweep is compared; sweep: (N,) that of each observation.

    target: (M,) where it is known, each observation is a comparison with it.
    """
    size = groups.counts[groups.label].astype(float)
    if target is not None:
        size = np.where(np.isfinite(target)[groups.label], np.inf, size)
    pairs, which = np.unique(groups.label * n_sweeps + sweep, return_inverse=True)
    same = np.bincount(which.reshape(-1), minlength=len(pairs))[which.reshape(-1)]  # of its group in its sweep
    return Comparisons(
        np.bincount(sweep, 1 - 1 / size, n_sweeps),
        np.bincount(sweep, 1 - same / size, n_sweeps),
    )


def compared(
    observations: Observations, intensities: Intensities, use: np.ndarray, target: np.ndarray | None
) -> Comparisons:
    """The comparisons that tell of scales: among observations ``use`` (N,) of groups stronger than two sigma."""
    value, variance = intensities.value, intensities.variance
    weight = np.where(use, 1 / variance, 0.0)
    total = observations.groups.sum(weight)
    signal = observations.groups.sum(weight * value) > _LEAST_SIGNIFICANCE * np.sqrt(total)
    rows = np.flatnonzero(use & signal[observations.groups.label])
    n_sweeps = int(observations.experiment.max(initial=0)) + 1
    groups = observations.groups.select(rows)
    known = None if target is None else target[np.unique(observations.groups.label[rows])]
    return comparisons(groups, observations.experiment[rows], n_sweeps, known)


def affordable(plan: SweepPlan, of_all: float, across: float, per_parameter: float) -> SweepPlan:
    """The richest plan of at most ``plan``'s whose parameters have ``per_parameter`` comparisons each.

    A scale and a B that do not change within a sweep can only be found by comparison with other sweeps.
    """
    while True:
        known = of_all if plan.is_smooth else across
        fewer = plan.simpler
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
    need = 1 if as_asked else COMPARISONS_PER_PARAMETER
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
    if n_comparisons >= FEW_COMPARISONS:
        return []
    what = (
        "profile-fitted intensities, no outliers rejected, and an error model near counting statistics with "
        f"b = {FIRST_B:g}"
    )
    reason = f"equivalents allow only {n_comparisons} comparisons (fewer than {FEW_COMPARISONS})"
    return [Decision(what, reason, {"comparisons": n_comparisons, "needed": FEW_COMPARISONS})]


def _sweeps(numbers: Sequence[int]) -> str:
    if len(numbers) > 8:
        return f"{len(numbers)} sweeps"
    return f"sweep{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"


def friedel_reasons(observations: Observations) -> list[Decision]:
    """What is said where mates are compared as equivalents, because there is little else to compare."""
    apart = len(observations) - len(observations.apart)
    if observations.compared is observations.apart or len(observations.apart) == len(observations.compared):
        return []
    reason = (
        f"I(+) and I(-) apart allow only {apart} independent comparisons (fewer than {ENOUGH}): "
        "an anomalous signal counts as error"
    )
    return [Decision("Friedel mates are compared as equivalents", reason, {"comparisons": apart, "enough": ENOUGH})]
