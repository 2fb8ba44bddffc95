"""Observations that weigh next to nothing beside their equivalents: scaled, but not merged, and told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gnomon.maths.agreement import Observed, r_factors
from gnomon.maths.merging import Groups, others
from gnomon.maths.tally import Tally
from gnomon.steps.scale.scaling import State
from gnomon.steps.scale.setup import Setup
from gnomon.summary import Decision

MOST_LOST = 0.15
"""Of the weight of a reflection, that may go: its sigma grows by no more than 8 %, however many are light."""
_MOSTLY = 0.5  # of the observations of a data set, from which it is named
_MOST_NAMED = 20  # data sets
_PARAMETER = "weighting.least_weight"
_TRACE = 0.01  # of the observations, and of Rmeas, below which their number in the first lines is enough


def too_light(groups: Groups, variance: np.ndarray, least: float) -> np.ndarray:
    """(N,) bool: weighs, by 1 / variance, less than ``least`` times the mean of its heavier equivalents.

    The lightest first, until one is heavy enough or ``MOST_LOST`` of the weight is gone; the heaviest always stays, so
    no reflection is lost. Of n observations one of the relative weight r adds r / (2 n) to precision and
    (r^(-1/2) - 1) / n to the mean scatter, which is what Rmeas shows: .15 and .83 over n at .3. Variances (N,) are to
    follow what is expected, not what was counted: then the choice knows nothing of the value, and means stay unbiased.
    """
    weight = 1 / variance
    order = np.lexsort((weight, groups.label))
    label, sorted_weight = groups.label[order], weight[order]
    gone = np.cumsum(sorted_weight)
    gone -= np.concatenate([[0.0], gone])[groups.starts][label]  # of its group, with this one
    heavier = groups.counts[label] - 1 - (np.arange(len(label)) - groups.starts[label])
    rest = groups.sum(weight)[label] - gone
    light = (heavier > 0) & (sorted_weight * heavier < least * rest) & (gone * (1 - MOST_LOST) <= MOST_LOST * rest)
    kept_before = np.concatenate([[0], np.cumsum(~light)])
    light &= kept_before[:-1] == kept_before[groups.starts][label]  # no heavier one goes before a lighter one
    found = np.zeros(len(label), bool)
    found[order] = light
    return found


def without_light(setup: Setup, state: State, names: Sequence[str]) -> tuple[State, list[Decision]]:
    """The state with what is too light to be merged marked, that this is so, and which data sets are mostly so.

    None is where sigmas are those of integration: they follow the counts.
    """
    least = setup.params.least_weight
    if least == 0 or setup.params.error_model == "none":
        return state, []
    rows = np.flatnonzero(~state.outlier)
    groups = setup.observations.groups.select(rows)
    light = np.zeros(len(state.outlier), bool)
    light[rows] = too_light(groups, state.variance[rows], least)
    if not light.any():
        return state, []
    observed = groups, state.scaled[rows], state.variance[rows]
    told = [*_what_it_changes(observed, light[rows], least), *_named(setup, observed, (rows, light[rows]), names)]
    return replace(state, light=light), told


def _what_it_changes(observed: Observed, light: np.ndarray, least: float) -> list[Decision]:
    """What merging without them changes, if they are more than a trace."""
    groups, intensity, variance = observed
    with_all, without = (_rmeas(groups.select(r), intensity[r], variance[r]) for r in (light | True, ~light))
    if light.mean() < _TRACE and without > (1 - _TRACE) * with_all:
        return []
    weight = 1 / variance
    growth = np.mean(np.sqrt(groups.sum(weight) / groups.sum(weight * ~light)) - 1)
    what = f"{light.sum()} observations ({light.mean():.1%}) with less than {least:g} of the mean weight of their "
    reason = f"Rmeas {without:.3f} ({with_all:.3f} with them), sigmas {growth:.1%} larger; {_PARAMETER}=0 merges them"
    evidence = {"observations": int(light.sum()), "r_meas": without, "r_meas_with_all": with_all}
    return [Decision(f"{what}equivalents are not merged", reason, evidence, _PARAMETER, link=": ")]


def _rmeas(groups: Groups, intensity: np.ndarray, variance: np.ndarray) -> float:
    return float(r_factors((groups, intensity, variance), Tally(np.zeros(len(groups), int), 1))[1, 0])


def _named(
    setup: Setup, observed: Observed, which: tuple[np.ndarray, np.ndarray], names: Sequence[str]
) -> list[Decision]:
    """One for each data set of which most is not merged; which: rows (n,), and whether these are light (n,)."""
    groups, intensity, variance = observed
    owner, light = setup.observations.experiment[which[0]], which[1]
    rest = others(groups, intensity, 1 / variance)[1] / np.maximum(groups.counts[groups.label] - 1, 1)
    relative = np.where(rest > 0, 1 / (variance * np.where(rest > 0, rest, 1.0)), np.nan)
    number = np.bincount(owner, minlength=len(names))
    gone = np.bincount(owner[light], minlength=len(names))
    mostly = np.flatnonzero((gone > _MOSTLY * number) & (number > 0))
    found = []
    for i in mostly[:_MOST_NAMED].tolist():
        weight = float(np.median(relative[light & (owner == i)]))
        what = f"{names[i]}: {gone[i]} of its {number[i]} observations are not merged"
        reason = (
            f"they weigh {weight:.2g} of the mean of their equivalents (median); "
            f"{number[i] - gone[i]} are, of reflections that others measured no better"
        )
        found.append(Decision(what, reason, {"weight": weight, "left_out": int(gone[i])}, _PARAMETER, link=", since "))
    more = len(mostly) - len(found)
    rest = [Decision(f"... and {more} more data sets of which most is not merged", parameter=_PARAMETER)]
    return found + rest if more > 0 else found
