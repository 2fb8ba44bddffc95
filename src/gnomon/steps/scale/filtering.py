"""Leaving out again, after scaling, the data sets or images without which CC1/2 is better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gnomon.maths.data_parts import Parts, data_sets, image_groups
from gnomon.maths.delta_cc_half import DeltaCCHalf, delta_cc_half
from gnomon.maths.shells import shells_by_count
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.models.subset import subset
from gnomon.steps.scale.params import ScaleParams
from gnomon.steps.scale.scaling import State
from gnomon.steps.scale.setup import Setup
from gnomon.steps.scale.summary import FilteringFigures, LeftOut

_SHELLS, _FEWEST_UNIQUE = 10, 25
_FEWEST_PARTS = 3  # of two that differ nobody can say which is bad


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
    shells = shells_by_count(d[groups.counts > 1], _SHELLS, _FEWEST_UNIQUE) if (groups.counts > 1).any() else None
    if shells is None:
        nothing = np.full(len(parts), np.nan)
        return DeltaCCHalf(float("nan"), nothing, nothing, nothing, np.bincount(part, minlength=len(parts)), nothing)
    observed = (groups, state.scaled[keep], state.variance[keep])
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
