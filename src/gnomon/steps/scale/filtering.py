"""What is left out: by hand, because CC1/2 is better without it, or because it weighs too little to be merged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.data_sets.data_parts import Parts, data_sets, image_groups
from gnomon.maths.images.left_out import require_images_of
from gnomon.maths.images.left_out_params import Ranges
from gnomon.maths.intensities.agreement import Observed, r_meas
from gnomon.maths.intensities.delta_cc_half import DeltaCCHalf, delta_cc_half
from gnomon.maths.intensities.merging import Groups, others
from gnomon.maths.intensities.shells import shells_by_count
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.models.subset import subset
from gnomon.steps.scale.model import Setup
from gnomon.steps.scale.params import ScaleParams
from gnomon.steps.scale.scaling import State
from gnomon.steps.scale.summary import FilteringFigures, LeftOut
from gnomon.summary import Decision

_DELTA_SHELLS, _FEWEST_UNIQUE = 10, 25
_FEWEST_PARTS = 3  # of two that differ nobody can say which is bad
MOST_LOST = 0.15
"""Of the weight of a reflection, that may go: its sigma grows by no more than 8 %, however many are negligible."""
_MOSTLY = 0.5  # of the observations of a data set, from which it is named
_MOST_NAMED = 20  # data sets
_LEAST_WEIGHT = "weighting.least_weight"
_FEW_NEGLIGIBLE = 0.01  # of the observations, and of Rmeas, below which their number in the first lines is enough


def chosen_data_sets(experiments: Experiments, names: Sequence[str], params: ScaleParams) -> list[int]:
    """The numbers of the experiments to use, rising.

    Raises InputError for a data set that is not there, and where none is left.
    """
    known = {str(i): i for i in range(len(experiments))}
    known |= {e.identifier: i for i, e in enumerate(experiments) if e.identifier and e.identifier not in known}
    known |= {name: i for i, name in enumerate(names) if name not in known}

    def number(word: str) -> int:
        if word not in known:
            raise InputError(
                f"there is no data set {word}; {len(experiments)} are there, 0 to {len(experiments) - 1}, "
                f"{names[0]} to {names[-1]}"
            )
        return known[word]

    used = {number(w) for w in params.use_datasets} or set(range(len(experiments)))
    kept = sorted(used - {number(w) for w in params.exclude_datasets})
    if not kept:
        raise InputError("use_datasets and exclude_datasets leave no data set; leave out fewer")
    return kept


def in_images(experiments: Experiments, reflections: Reflections, ranges: Ranges, z: np.ndarray) -> np.ndarray:
    """(n_rows,) bool: on one of these images. ranges: (experiment, first, last), inclusive; z: (n_rows,) in images.

    Raises InputError for images that an experiment does not have.
    """
    inside = np.zeros(len(reflections), bool)
    image = np.floor(z).astype(int) + 1
    require_images_of(experiments, ranges)
    for number, first, last in ranges:
        rows = reflections.by_experiment()[number]
        inside[rows] |= (image[rows] >= first) & (image[rows] <= last)
    return inside


@dataclass(frozen=True, eq=False)
class Selection:
    """The experiments still in, with their reflections and names; and the rows left out by hand or by filtering."""

    experiments: Experiments
    reflections: Reflections
    names: list[str]
    left_out: np.ndarray  # (n_rows,) bool

    def keep(self, numbers: Sequence[int]) -> Selection:
        """Only these experiments."""
        rows = np.isin(self.reflections["id"], numbers)
        experiments, reflections = subset(self.experiments, self.reflections, numbers)
        return Selection(experiments, reflections, [self.names[i] for i in numbers], self.left_out[rows])

    def without(self, parts: Parts, bad: np.ndarray, z: np.ndarray) -> Selection:
        """Without the parts ``bad`` (n,); experiments of which nothing is left go altogether."""
        identity = self.reflections["id"]
        rows = self.left_out | ((identity >= 0) & np.isin(parts.of(np.maximum(identity, 0), z), bad))
        return replace(self, left_out=rows).keep(parts.left_without(bad))


@dataclass(frozen=True)
class Filtering:
    """What was left out so far, and what there was to begin with."""

    n_observations: int
    completeness: float
    removed: tuple[LeftOut, ...] = ()
    n_removed: int = 0
    cycles: int = 0
    cc_half: tuple[float, ...] = ()
    ended: str = ""

    def figures(self) -> FilteringFigures:
        """How it went, for the summary."""
        percent = 100 * self.n_removed / max(self.n_observations, 1)
        return FilteringFigures(self.cycles, self.cc_half, percent, self.ended)


def contributions(setup: Setup, state: State, parts: Parts) -> DeltaCCHalf:
    """The contribution of each part to CC1/2, Friedel mates merged, outliers left out and counted."""
    keep = ~state.outlier
    observations = setup.observations
    groups = observations.groups.joined().select(keep)
    d = groups.mean(observations.d[keep])
    everywhere = parts.of(observations.experiment, observations.z)
    part, rejected = everywhere[keep], np.bincount(everywhere[~keep], minlength=len(parts))
    shells = shells_by_count(d[groups.counts > 1], _DELTA_SHELLS, _FEWEST_UNIQUE) if (groups.counts > 1).any() else None
    if shells is None:
        nothing = np.full(len(parts), np.nan)
        return DeltaCCHalf(float("nan"), nothing, nothing, nothing, np.bincount(part, minlength=len(parts)), nothing)
    observed = Observed(groups, state.scaled[keep], state.variance[keep])
    found = delta_cc_half(observed, part, len(parts), (shells, d), setup.params.seed)
    return found.with_rejected(rejected)


def parts_of(selection: Selection, params: ScaleParams) -> Parts:
    """What filtering may leave out."""
    if params.filter_mode == "dataset":
        return data_sets(selection.experiments, selection.names)
    return image_groups(selection.experiments, selection.names, params.filter_group_size)


def next_to_leave_out(
    parts: Parts, contribution: DeltaCCHalf, setup: Setup, so_far: Filtering
) -> tuple[np.ndarray, Filtering]:
    """The parts (n,) to leave out now, worst first, none where filtering has ended; and the record with them."""
    params = setup.params
    record = replace(so_far, cc_half=(*so_far.cc_half, contribution.cc_half))
    worst = contribution.worst_first
    worst = worst[contribution.spoils(params.filter_stdcutoff)[worst]]
    what = "data set" if params.filter_mode == "dataset" else "group of images"
    nothing = worst[:0]
    if len(parts) < _FEWEST_PARTS:
        return nothing, replace(record, ended=f"{len(parts)} {what}s are too few to say which is bad")
    if not len(worst):
        return nothing, replace(record, ended=f"no {what} is {params.filter_stdcutoff:g} sigma below the others")
    if so_far.cycles == params.filter_max_cycles:
        return nothing, replace(record, ended=f"max_cycles={params.filter_max_cycles} reached")
    taken, limit = _within_limits(parts, contribution, setup, worst, so_far)
    if not len(taken):
        return nothing, replace(record, ended=limit)
    cycle = so_far.cycles + 1
    entries = [_entry(parts, contribution, int(p), cycle, what) for p in taken]
    count = so_far.n_removed + int(contribution.count[taken].sum())
    return taken, replace(record, removed=(*so_far.removed, *entries), n_removed=count, cycles=cycle, ended=limit)


def _within_limits(
    parts: Parts, contribution: DeltaCCHalf, setup: Setup, worst: np.ndarray, so_far: Filtering
) -> tuple[np.ndarray, str]:
    """As many of the worst as may go, and which limit held the others back."""
    params, observations = setup.params, setup.observations
    groups = observations.groups.joined()
    part = parts.of(observations.experiment, observations.z)
    most = params.filter_max_percent_removed / 100 * so_far.n_observations
    least = (params.filter_min_completeness or 0.0) / 100
    gone = so_far.n_removed
    taken: list[int] = []
    for p in worst:
        gone += int(contribution.count[p])
        if gone > most:
            return np.array(taken, np.intp), f"max_percent_removed={params.filter_max_percent_removed:g} reached"
        left = len(np.unique(groups.label[~np.isin(part, [*taken, p])])) / len(groups)
        if so_far.completeness * left < least:
            return np.array(taken, np.intp), f"min_completeness={params.filter_min_completeness:g} reached"
        taken.append(int(p))
    return np.array(taken, np.intp), ""


def _entry(parts: Parts, contribution: DeltaCCHalf, p: int, cycle: int, what: str) -> LeftOut:
    delta, z = float(contribution.delta[p]), float(contribution.z[p])
    return LeftOut(parts.names[p], delta, z, cycle, contribution.reason(p, what))


def has_negligible_weight(groups: Groups, variance: np.ndarray, least: float) -> np.ndarray:
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
    negligible = (heavier > 0) & (sorted_weight * heavier < least * rest) & (gone * (1 - MOST_LOST) <= MOST_LOST * rest)
    kept_before = np.concatenate([[0], np.cumsum(~negligible)])
    negligible &= kept_before[:-1] == kept_before[groups.starts][label]  # no heavier one goes before a lighter one
    found = np.zeros(len(label), bool)
    found[order] = negligible
    return found


def without_negligible(setup: Setup, state: State, names: Sequence[str]) -> tuple[State, list[Decision]]:
    """The state with observations marked that weigh too little to be merged; what this changes, and in which data sets.

    None is marked where sigmas are those of integration: they follow the counts.
    """
    least = setup.params.least_weight
    if least == 0 or setup.params.error_model == "none":
        return state, []
    rows = np.flatnonzero(~state.outlier)
    groups = setup.observations.groups.select(rows)
    negligible = np.zeros(len(state.outlier), bool)
    negligible[rows] = has_negligible_weight(groups, state.variance[rows], least)
    if not negligible.any():
        return state, []
    observed = Observed(groups, state.scaled[rows], state.variance[rows])
    decisions = [
        *_effect_on_merging(observed, negligible[rows], least),
        *_reasons_by_data_set(setup, observed, (rows, negligible[rows]), names),
    ]
    return replace(state, negligible=negligible), decisions


def _effect_on_merging(observed: Observed, negligible: np.ndarray, least: float) -> list[Decision]:
    """What merging without them changes, if they are more than a trace."""
    groups, weight = observed.groups, 1 / observed.variance
    with_all, without = r_meas(observed), r_meas(observed.select(~negligible))
    if negligible.mean() < _FEW_NEGLIGIBLE and without > (1 - _FEW_NEGLIGIBLE) * with_all:
        return []
    growth = np.mean(np.sqrt(groups.sum(weight) / groups.sum(weight * ~negligible)) - 1)
    n, share = int(negligible.sum()), negligible.mean()
    what = f"{n} observations ({share:.1%}) with less than {least:g} of the mean weight of their "
    reason = (
        f"Rmeas {without:.3f} ({with_all:.3f} with them), sigmas {growth:.1%} larger; {_LEAST_WEIGHT}=0 merges them"
    )
    evidence = {"observations": n, "r_meas": without, "r_meas_with_all": with_all}
    return [Decision(f"{what}equivalents are not merged", reason, evidence, _LEAST_WEIGHT, link=": ")]


def _reasons_by_data_set(
    setup: Setup, observed: Observed, which: tuple[np.ndarray, np.ndarray], names: Sequence[str]
) -> list[Decision]:
    """One for each data set of which most is not merged; which: rows (n,), and whether these are negligible (n,)."""
    groups, intensity, variance = observed
    owner, negligible = setup.observations.experiment[which[0]], which[1]
    rest = others(groups, intensity, 1 / variance)[1] / np.maximum(groups.counts[groups.label] - 1, 1)
    relative = np.where(rest > 0, 1 / (variance * np.where(rest > 0, rest, 1.0)), np.nan)
    number = np.bincount(owner, minlength=len(names))
    gone = np.bincount(owner[negligible], minlength=len(names))
    mostly = np.flatnonzero((gone > _MOSTLY * number) & (number > 0))
    found = []
    for i in mostly[:_MOST_NAMED].tolist():
        weight = float(np.median(relative[negligible & (owner == i)]))
        what = f"{names[i]}: {gone[i]} of its {number[i]} observations are not merged"
        reason = (
            f"they weigh {weight:.2g} of the mean of their equivalents (median); "
            f"{number[i] - gone[i]} are, of reflections that others measured no better"
        )
        found.append(
            Decision(what, reason, {"weight": weight, "left_out": int(gone[i])}, _LEAST_WEIGHT, link=", since ")
        )
    more = len(mostly) - len(found)
    rest = [Decision(f"... and {more} more data sets of which most is not merged", parameter=_LEAST_WEIGHT)]
    return found + rest if more > 0 else found
