"""Many crystals: one setting for all, one scale, then clusters of crystals that are alike, each by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from gnomon.errors import InputError
from gnomon.io.digest import sha256_of
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
    """All data sets in one space group and one of its equivalent settings."""
    known = known_symmetry(params)
    if params.reference:
        known["reference"] = params.reference
    wishes = known | ({"content": sha256_of(params.reference)} if params.reference else {})
    return runner.once("cosym", integrated, wishes, lambda: runner.run("cosym", given(integrated), known))


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
