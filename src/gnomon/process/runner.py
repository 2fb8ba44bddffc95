"""Runs stages and keeps their words and reasons together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from numpy.linalg import LinAlgError

from gnomon.errors import InputError
from gnomon.models.subset import subset
from gnomon.pipeline import STAGES
from gnomon.step import Data

if TYPE_CHECKING:
    from gnomon.models.experiment import Experiments
    from gnomon.models.reflections import Reflections
    from gnomon.params import Params
    from gnomon.step import Context, Result

    Given = tuple[Experiments, Reflections | None]

GIVEN = "given"
"""The stage of an outcome that is what the user gave."""


FAILURES = (InputError, LinAlgError, ArithmeticError, AssertionError)
"""What one cluster, or all data together, may fail of while the others go on: the data, and faults of ours in them."""


def in_words(error: Exception) -> str:
    """The message of a failure; with its kind where it is a fault of the program."""
    if isinstance(error, InputError):
        return str(error)
    return f"an internal error, to be reported ({type(error).__name__}: {error})"


@dataclass(frozen=True)
class Outcome:
    """What one stage of ``process`` made: its result, the step's own words, and the decisions with their reasons.

    ``part`` names the cluster that it is about; empty for all data. ``final``: scaled, and to be merged.
    """

    stage: str
    result: Result
    text: str
    decisions: tuple[str, ...] = ()
    part: str = ""
    final: bool = False
    failed: bool = False  # it made nothing: the decisions say why
    parameters: Params | None = None  # all of the step's, as it ran; None where none did
    files: tuple[str, ...] = ()  # that hold the result
    kept: bool = False  # made by an earlier run


@dataclass(frozen=True)
class Work:
    """One stage on one set of data under the wishes that bear on it: what an earlier run may have done already.

    given: the mark of the data. wishes: what the user asked for, and what process decided before.
    """

    stage: str
    part: str
    given: str
    wishes: Mapping[str, Any]

    @property
    def key(self) -> str:
        """A hash: the same work has the same key, in another process too."""
        return mark_of(self.stage, self.part, self.given, dict(self.wishes))


class Store(Protocol):
    """Where the outcomes of work are kept, whole or not at all."""

    def found(self, work: Work, given: Data) -> Outcome | None:
        """What an earlier run made of the same work; None where nothing whole is there."""

    def keep(self, work: Work, outcome: Outcome) -> Outcome:
        """The outcome with the data as their files have them, which are written."""


def mark_of(*parts: object) -> str:
    """A hash of what JSON can hold."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True)
class Runner:
    """Runs stages; a fallback is tried only when the attempt before it failed on its input."""

    context: Context
    store: Store | None = None
    asked: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Parameters that the user gave to single steps: they go before those decided."""

    def once(
        self, stage: str, given: Data, wishes: Mapping[str, Any], make: Callable[[], Outcome], part: str = ""
    ) -> Outcome:
        """What ``make`` makes of the data, or what an earlier run made of the same; kept for the next."""
        if self.store is None or not given.mark:
            return make()
        asked = {"asked": self.asked[stage]} if self.asked.get(stage) else {}
        work = Work(stage, part, given.mark, {**wishes, **asked})
        return self.store.found(work, given) or self.store.keep(work, make())

    def run(self, name: str, given: Given, params: Mapping[str, Any], *said: str) -> Outcome:
        """The outcome of a stage; ``said`` goes before the step's own reasons."""
        stage, params = STAGES[name], {**params, **self.asked.get(name, {})}
        result = stage(*given, context=self.context, **params)
        told = (*said, *result.summary.sentences, *result.impossible)
        return Outcome(name, result, stage.describe(result), told, parameters=stage.params_class(**params))

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


def given(result: Data) -> Given:
    """The data of one stage as the next one takes them."""
    return result.experiments, result.reflections


def some_of(data: Data, members: list[int]) -> Data:
    """The experiments numbered ``members``, with their reflections."""
    mark = f"{data.mark}[{','.join(map(str, members))}]" if data.mark else ""
    return Data(*subset(data.experiments, data.reflections, members), mark=mark)
