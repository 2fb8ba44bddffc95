"""Many crystals: one setting for all, one scale, then clusters of crystals that are alike, each by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gnomon.errors import InputError
from gnomon.models.subset import subset
from gnomon.process.params import ProcessParams
from gnomon.process.runner import Outcome, Runner, given
from gnomon.process.stages import integrated, known_symmetry, refined, scaled
from gnomon.step import Result

LEAST_DATA_SETS = 3
"""With fewer there is nothing to group."""


def many_crystals(runner: Runner, indexed: Result, params: ProcessParams) -> Iterator[Outcome]:
    """The outcomes from refinement to the clusters; those that are final are to be merged."""
    done = refined(runner, indexed)
    yield done
    done = integrated(runner, done.result, params)
    yield done
    yield from compared(runner, done.result, params)


def compared(runner: Runner, integrated: Result, params: ProcessParams) -> Iterator[Outcome]:
    """The outcomes from integrated intensities to the clusters."""
    done = _one_setting(runner, integrated, params)
    yield done
    together = scaled(runner, done.result, params)
    if len(together.result.experiments) < LEAST_DATA_SETS:
        why = f"{len(together.result.experiments)} data sets are too few to group: merged together"
        yield replace(together, decisions=(*together.decisions, why), final=True)
        return
    grouped = runner.run("correlation_matrix", given(together.result), {})
    clusters = grouped.result.stats["clusters"]
    whole = len(clusters) == 1 and len(clusters[0]["members"]) == len(together.result.experiments)
    yield replace(together, final=whole or not clusters)
    yield grouped
    if clusters and not whole:
        yield from _clusters(runner, done.result, grouped.result, params)


def _one_setting(runner: Runner, integrated: Result, params: ProcessParams) -> Outcome:
    """All data sets in one space group and one of its equivalent settings."""
    known = known_symmetry(params)
    if params.reference:
        known["reference"] = params.reference
    return runner.run("cosym", given(integrated), known)


def _clusters(runner: Runner, symmetrized: Result, grouped: Result, params: ProcessParams) -> Iterator[Outcome]:
    """Each cluster scaled by itself, to the resolution of all so that they compare, without data sets that spoil it."""
    number = {e.identifier: i for i, e in enumerate(symmetrized.experiments)}
    d_min = float(grouped.reflections["d"][grouped.reflections["inverse_scale_factor"] > 0].min())
    for cluster in grouped.stats["clusters"]:
        members = [number[grouped.experiments[k].identifier] for k in cluster["members"]]
        part = Result(*subset(symmetrized.experiments, symmetrized.reflections, members))
        try:
            done = scaled(runner, part, params.changed(d_min=params.d_min or d_min), filter_method="deltacchalf")
        except InputError as error:  # one cluster never costs the others
            why = f"{cluster['name']} cannot be scaled by itself: {error}"
            yield Outcome("scale", part, "", (why,), part=cluster["name"], failed=True)
            continue
        yield replace(done, part=cluster["name"], final=True)
