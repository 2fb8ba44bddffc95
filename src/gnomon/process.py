"""From experiments to scaled intensities, deciding at each stage as an expert would, and saying why."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gnomon.errors import InputError
from gnomon.params import Params, param
from gnomon.pipeline import STAGES

if TYPE_CHECKING:
    from gnomon.distribute.workers import Workers
    from gnomon.models.experiment import Experiments
    from gnomon.models.reflections import Reflections
    from gnomon.step import Progress, Result

    Given = tuple[Experiments, Reflections | None]


class ProcessParams(Params):
    """What a user may know beforehand; everything else is decided from the data."""

    space_group: str | None = param(None, "the space group; found from the data if not given")
    unit_cell: tuple[float, float, float, float, float, float] | None = param(
        None, "a, b, c, alpha, beta, gamma; found from the data if not given", unit="Å, degrees"
    )
    d_min: float | None = param(None, "resolution limit; chosen from CC1/2 if not given", unit="Å", gt=0)
    anomalous: bool = param(False, "keep Friedel mates apart when scaling")
    max_lattices: int = param(1, "look for up to this many lattices", ge=1)


@dataclass(frozen=True)
class Outcome:
    """What one stage of ``process`` made: its result, the step's own words, and the decisions with their reasons."""

    stage: str
    result: Result
    text: str
    decisions: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Runner:
    """Runs stages; a fallback is tried only when the attempt before it failed on its input."""

    workers: Workers
    progress: Progress | None

    def run(self, name: str, given: Given, params: Mapping[str, Any], *said: str) -> Outcome:
        stage = STAGES[name]
        result = stage(*given, workers=self.workers, progress=self.progress, **params)
        return Outcome(name, result, stage.describe(result), (*said, *_reasons(name, result.stats)))

    def first_that_works(self, name: str, given: Given, attempts: list[tuple[str, dict[str, Any]]]) -> Outcome:
        """The outcome of the first of ``attempts`` (how, parameters) that does not raise InputError."""
        failures: list[str] = []
        for how, params in attempts:
            said = [f"{how}, because with defaults: {failures[0]}"] if failures else []
            try:
                return self.run(name, given, params, *said)
            except InputError as error:
                failures.append(str(error))
        raise InputError(failures[0])


def _reasons(stage: str, stats: Mapping[str, Any]) -> list[str]:
    """What the step decided by itself, and why."""
    if stage == "symmetry":
        return [
            f"Laue group of {stats['laue_group']}: {stats['laue_reason']}",
            f"space group {stats['space_group']}: {stats['space_group_reason']}",
        ]
    return list(stats.get("reasons", []))


def _given(result: Result) -> Given:
    """The result of one stage as the next one takes it."""
    return result.experiments, result.reflections


def _indexing_attempts(params: ProcessParams) -> list[tuple[str, dict[str, Any]]]:
    known: dict[str, Any] = {"max_lattices": params.max_lattices}
    if params.space_group:
        known["space_group"] = params.space_group
    if params.unit_cell:
        known["unit_cell"] = params.unit_cell
    return [("as asked", known), ("each sweep by itself", {**known, "joint": False})]


def _resolution(result: Result, params: ProcessParams) -> tuple[float | None, str]:
    """The limit to cut at, or None, and why."""
    shells, suggested = result.stats["shells"], result.stats["suggested_d_min"]
    measured, cc_half = shells["d_min"][-1], shells["cc_half"][-1]
    if params.d_min is not None:
        return None, f"resolution as asked, {params.d_min:.2f} Å"
    if suggested is None or suggested <= 1.01 * measured:
        known = (
            f"CC1/2 is {cc_half:.2f} in the last shell" if math.isfinite(cc_half) else "too few equivalents for CC1/2"
        )
        return None, f"all data kept, to {measured:.2f} Å: {known}"
    return float(suggested), f"cut at {suggested:.2f} Å, where the fitted CC1/2 falls to 0.3"


def process(
    experiments: Experiments, params: ProcessParams, *, workers: Workers, progress: Progress | None = None
) -> Iterator[Outcome]:
    """The outcome of each stage as it is done, from imported experiments to scaled reflections.

    Raises InputError where no sensible fallback is left.
    """
    runner = _Runner(workers, progress)
    spots = runner.first_that_works(
        "find_spots",
        (experiments, None),
        [("as asked", {}), ("a lower threshold for weak images", {"sigma_strong": 2.0, "min_spot_size": 2})],
    )
    yield spots
    done = runner.first_that_works("index", _given(spots.result), _indexing_attempts(params))
    yield done
    for stage in (_refined, _integrated, _symmetrized, _scaled):
        done = stage(runner, done.result, params)
        yield done


def _refined(runner: _Runner, indexed: Result, params: ProcessParams) -> Outcome:
    """Refined; where that fails the geometry from indexing, already refined there, is kept."""
    try:
        return runner.run("refine", _given(indexed), {})
    except InputError as error:
        return Outcome("refine", indexed, "", (f"the geometry from indexing is kept, because {error}",))


def _integrated(runner: _Runner, refined: Result, params: ProcessParams) -> Outcome:
    return runner.run("integrate", _given(refined), {"d_min": params.d_min} if params.d_min else {})


def _symmetrized(runner: _Runner, integrated: Result, params: ProcessParams) -> Outcome:
    """In the space group found, or the one given; where neither can be had, in that of indexing."""
    known = {"space_group": params.space_group} if params.space_group else {}
    try:
        return runner.run("symmetry", _given(integrated), known)
    except InputError as error:
        return Outcome("symmetry", integrated, "", (f"left as indexed, because {error}",))


def _scaled(runner: _Runner, symmetrized: Result, params: ProcessParams) -> Outcome:
    """Scaled; once more to a lower resolution when CC1/2 says that the edge is noise."""
    options: dict[str, Any] = {"anomalous": params.anomalous} | ({"d_min": params.d_min} if params.d_min else {})
    done = runner.run("scale", _given(symmetrized), options)
    cut, why = _resolution(done.result, params)
    if cut is not None:
        done = runner.run("scale", _given(symmetrized), {**options, "d_min": cut})
    return replace(done, decisions=(*done.decisions, why))
