"""What each sweep gave in the end, or why it gave nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.models.experiment import Experiments
from gnomon.models.names import data_set_names
from gnomon.models.valid_images import in_words
from gnomon.process.runner import GIVEN, Outcome
from gnomon.step import Result
from gnomon.steps.index.summary import IndexSummary

MERGED = "merged with all"


@dataclass(frozen=True)
class Gave:
    """One lattice of a sweep, or a sweep without any: its spots, how many are indexed, its images, and its end.

    spots: None where they were not searched for, but indexed reflections given.
    """

    name: str
    spots: int | None
    indexed: int
    images: str
    end: str


def what_each_gave(outcomes: Sequence[Outcome]) -> list[Gave]:
    """A row a lattice, in the order of the sweeps; empty before anything is indexed."""
    by_stage = {o.stage: o for o in outcomes if not o.part}
    if GIVEN in by_stage:
        return _of_given(by_stage[GIVEN].result, outcomes)
    if not {"find_spots", "index"} <= set(by_stage):
        return []
    sweeps = data_set_names(_sweeps(by_stage["find_spots"].result.experiments))
    summary: IndexSummary = by_stage["index"].result.summary
    experiments = by_stage["index"].result.experiments
    names = data_set_names(experiments)
    ends = _ends(outcomes, {e.identifier: name for e, name in zip(experiments, names)})
    rows: list[Gave] = []
    of_sweep: dict[int, list[int]] = {}
    for i, crystal in enumerate(summary.crystals):
        of_sweep.setdefault(crystal.sweep, []).append(i)
    for sweep in summary.sweeps:
        mine = of_sweep.get(sweep.sweep, [])
        if not mine:
            rows.append(Gave(sweeps[sweep.sweep], sweep.spots, 0, "", _why_no_lattice(sweep.spots)))
        for i in mine:
            end = ends.get(names[i], MERGED)
            images = in_words(experiments[i].valid_ranges)
            rows.append(Gave(names[i], sweep.spots, summary.crystals[i].indexed, images, end))
    return rows


def _of_given(given: Result, outcomes: Sequence[Outcome]) -> list[Gave]:
    """A row for each data set that was given with its indices."""
    experiments, ids = given.experiments, given.reflections["id"]
    names = data_set_names(experiments)
    ends = _ends(outcomes, {e.identifier: name for e, name in zip(experiments, names)})
    counts = np.bincount(ids[ids >= 0], minlength=len(experiments))
    images = [in_words(e.valid_ranges) for e in experiments]
    return [Gave(n, None, int(count), i, ends.get(n, MERGED)) for n, count, i in zip(names, counts, images)]


def _sweeps(experiments: Experiments) -> Experiments:
    """The first experiment of each set of images, as index counts sweeps."""
    first = {e.sweep: i for i, e in reversed(list(enumerate(experiments)))}
    return experiments.with_items(e for i, e in enumerate(experiments) if first[e.sweep] == i)


def _why_no_lattice(spots: int) -> str:
    return f"left out: no lattice explains its {spots} spots" if spots else "left out: no spots at all"


def _ends(outcomes: Sequence[Outcome], name_of: Mapping[str, str]) -> dict[str, str]:
    """What became of data sets that were not simply merged with all, by name; what came later goes before.

    name_of: the name of each experiment of index by its identifier. Among fewer experiments a second lattice may have
    the name of the first, so names that later steps gave are taken by the experiments that they were given.
    """
    ends: dict[str, str] = {}
    members: dict[str, Experiments] = {}  # of each cluster, and of all data
    for outcome in outcomes:
        summary, experiments = outcome.result.summary, outcome.result.experiments
        if outcome.stage == "cosym" and not outcome.failed:
            kept = {e.identifier for e in experiments}
            ends |= {name: "left out by cosym" for known, name in name_of.items() if known not in kept}
            ends |= {row.name: f"left out by cosym: {row.reason}" for row in summary.excluded}
            members[""] = experiments
        if outcome.stage == "correlation_matrix":
            names = [name_of.get(e.identifier, name) for e, name in zip(experiments, summary.names)]
            ends |= dict.fromkeys(names, "in no cluster")
            ends |= {names[k]: f"in {c.name}" for c in summary.clusters for k in c.members}
            for c in summary.clusters:
                members[c.name] = experiments.with_items(experiments[k] for k in c.members)
        if outcome.stage == "scale" and not outcome.failed:
            given = members.get(outcome.part, experiments)
            known = dict(zip(data_set_names(given), [name_of.get(e.identifier, "") for e in given]))
            for row in summary.filtered:
                ends[known.get(row.name) or row.name] = f"left out by scale: {row.reason}"
        if outcome.failed and outcome.part:
            lost = f"in {outcome.part}"
            ends = {name: f"{lost}, which cannot be scaled" if end == lost else end for name, end in ends.items()}
    return ends
