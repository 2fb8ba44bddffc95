"""Many crystals: one setting for all, one scale, then clusters of crystals that are alike, each by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from gnomon.errors import InputError
from gnomon.io.digest import sha256_of
from gnomon.models.names import data_set_names
from gnomon.process.params import ProcessParams
from gnomon.process.rmeas import who_raise_rmeas
from gnomon.process.runner import FAILURES, Outcome, Runner, given, in_words, some_of
from gnomon.process.stages import known_symmetry, scaled
from gnomon.step import Data, Result
from gnomon.steps.correlation_matrix.summary import CorrelationMatrixSummary

LEAST_DATA_SETS = 3
"""With fewer there is nothing to group."""


def many_crystals(runner: Runner, data: Data, params: ProcessParams, *, settled: bool) -> Iterator[Outcome]:
    """The outcomes from integrated data to the clusters; those that are final are to be merged.

    settled: the data sets are in one setting already, and stay in it.
    """
    if not settled:
        done = _one_setting(runner, data, params)
        yield done
        data = done.result
    together = _together(runner, data, params)
    if len(together.result.experiments) < LEAST_DATA_SETS:
        why = f"{len(together.result.experiments)} data sets are too few to group: merged together"
        yield replace(together, decisions=(*together.decisions, why), final=True)
        return
    grouped = _grouped(runner, together.result)
    clusters = grouped.result.summary.clusters
    whole = len(clusters) == 1 and len(clusters[0].members) == len(together.result.experiments)
    alone = not together.failed and (whole or not clusters)
    yield replace(together, final=alone)
    yield grouped
    if not alone:
        yield from _clusters(runner, data, grouped.result, params)


def _together(runner: Runner, symmetrized: Data, params: ProcessParams) -> Outcome:
    """All data sets on one scale; where that cannot be, as they are, and named as failed: their clusters may yet be.

    Raises InputError where there are too few data sets to form clusters that might do better.
    """
    try:
        return scaled(runner, symmetrized, params)
    except FAILURES as error:
        if len(symmetrized.experiments) < LEAST_DATA_SETS:
            raise
        why = f"all data sets together cannot be scaled: {in_words(error)}; compared as they were integrated"
        as_is = Result(symmetrized.experiments, symmetrized.reflections, None, mark=symmetrized.mark)
        return Outcome("scale", as_is, "", (why,), failed=True)


def _one_setting(runner: Runner, integrated: Data, params: ProcessParams) -> Outcome:
    """All data sets in one space group and one of its equivalent settings.

    Where that cannot be: without the data sets that fail by themselves, without a reference that does not fit, and
    else as they were indexed, from which clusters may yet be formed; the decisions say which and why.
    """
    known = known_symmetry(params)
    reference = {"reference": params.reference} if params.reference else {}
    content = {"content": sha256_of(params.reference)} if params.reference else {}
    make = partial(_settled, runner, integrated, known, reference)
    try:
        return runner.once("cosym", integrated, known | reference | content, make)
    except FAILURES as error:
        why = f"left as indexed, each data set in a setting of its own, because {in_words(error)}"
        as_is = Result(integrated.experiments, integrated.reflections, None, mark=integrated.mark)
        return Outcome("cosym", as_is, "", (why,), failed=True)


def _settled(runner: Runner, integrated: Data, known: dict[str, Any], reference: dict[str, Any]) -> Outcome:
    """All data sets, or those that do not fail by themselves, in the setting of the reference or one of their own.

    Raises the last failure where none of that can be.
    """
    try:
        return runner.run("cosym", given(integrated), known | reference)
    except FAILURES as error:
        failure = error
    bad = _failing(runner, integrated, known)
    rest = [i for i in range(len(integrated.experiments)) if i not in bad]
    if not rest:
        raise failure
    names = data_set_names(integrated.experiments)
    said = [f"{names[i]} is left out: {reason}" for i, reason in bad.items()]
    for attempt in [known | reference] * bool(bad) + [known] * bool(reference):
        without = [f"without the reference, because {in_words(failure)}"] if attempt is known else []
        try:
            return runner.run("cosym", given(some_of(integrated, rest)), attempt, *said, *without)
        except FAILURES as error:
            failure = error
    raise failure


def _failing(runner: Runner, integrated: Data, known: dict[str, Any]) -> dict[int, str]:
    """The data sets that cannot be judged even by themselves, and why."""
    bad = {}
    for i in range(len(integrated.experiments)):
        try:
            runner.run("cosym", given(some_of(integrated, [i])), known)
        except FAILURES as error:
            bad[i] = in_words(error)
    return bad


def _grouped(runner: Runner, together: Data) -> Outcome:
    """The data sets compared, and grouped into clusters."""
    run = partial(runner.run, "correlation_matrix", given(together), {})
    return runner.once("correlation_matrix", together, {}, run)


def _clusters(
    runner: Runner, symmetrized: Data, grouped: Result[CorrelationMatrixSummary, Any], params: ProcessParams
) -> Iterator[Outcome]:
    """Each cluster scaled by itself, to the resolution of all so that they compare, without data sets that spoil it."""
    number = {e.identifier: i for i, e in enumerate(symmetrized.experiments)}
    d_min = _reach(grouped)
    failures = []
    for cluster in grouped.summary.clusters:
        members = [number[grouped.experiments[k].identifier] for k in cluster.members]
        part = some_of(symmetrized, members)
        try:
            wishes = params.changed(d_min=params.d_min or d_min)
            done = scaled(runner, part, wishes, cluster.name, filter_method="deltacchalf")
        except FAILURES as error:  # one cluster never costs the others
            failures.append(f"{cluster.name} cannot be scaled by itself: {in_words(error)}")
            as_is = Result(part.experiments, part.reflections, None)
            yield Outcome("scale", as_is, "", (failures[-1],), part=cluster.name, failed=True)
            continue
        told = [member.in_words() for member in who_raise_rmeas(done.result)]
        yield replace(done, final=True, decisions=(*done.decisions, *told))
    if len(failures) == len(grouped.summary.clusters):
        raise InputError(failures[0] if failures else "no two data sets belong together: nothing is merged")


def _reach(grouped: Data) -> float:
    """The resolution (Å) to which all data together were scaled, or measured where they were not scaled."""
    table = grouped.reflections
    if "inverse_scale_factor" in table and (table["inverse_scale_factor"] > 0).any():
        return float(table["d"][table["inverse_scale_factor"] > 0].min())
    return float(table["d"].min())
