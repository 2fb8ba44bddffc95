"""Runs stages and keeps their words and reasons together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from numpy.linalg import LinAlgError

from gnomon.errors import InputError
from gnomon.pipeline import STAGES

if TYPE_CHECKING:
    from gnomon.distribute.workers import Workers
    from gnomon.models.experiment import Experiments
    from gnomon.models.reflections import Reflections
    from gnomon.step import Data, Progress, Result

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


@dataclass(frozen=True)
class Runner:
    """Runs stages; a fallback is tried only when the attempt before it failed on its input."""

    workers: Workers
    progress: Progress | None

    def run(self, name: str, given: Given, params: Mapping[str, Any], *said: str) -> Outcome:
        """The outcome of a stage; ``said`` goes before the step's own reasons."""
        stage = STAGES[name]
        result = stage(*given, workers=self.workers, progress=self.progress, **params)
        told = (*said, *result.summary.sentences, *result.impossible)
        return Outcome(name, result, stage.describe(result), told)

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
