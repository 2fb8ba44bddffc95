"""What a step tells of its work: frozen dataclasses, each figure with its meaning and unit.

The log, the pages, the saved ``gnomon.<command>.json`` and ``docs/reference/results.md`` are made of these alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

Evidence = Mapping[str, float | int | str | None]


def figure(description: str, *, unit: str = "", **options: Any) -> Any:
    """A field of a summary with its meaning and unit; ``options`` are those of ``dataclasses.field``."""
    return field(metadata={"description": description, "unit": unit}, **options)


@dataclass(frozen=True)
class Decision:
    """What a step decided by itself; printed as one sentence, ``what`` + ``link`` + ``reason``."""

    what: str = figure("what was decided")
    reason: str = figure("why", default="")
    evidence: Evidence = figure("the numbers it rests on", default_factory=dict)
    parameter: str = figure("the parameter that overrules it; empty where none does", default="")
    link: str = field(default=", because ", compare=False)

    def __str__(self) -> str:
        return f"{self.what}{self.link}{self.reason}" if self.reason else self.what


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What every step's summary has."""

    decisions: tuple[Decision, ...] = figure("what the step decided by itself, and why", default=())

    @property
    def sentences(self) -> tuple[str, ...]:
        """The decisions as they are printed."""
        return tuple(map(str, self.decisions))


@dataclass(frozen=True)
class DataSetRemark:
    """A data set that is named for a reason."""

    name: str = figure("data set")
    reason: str = figure("why it is named")


def fields_of(*found: Any) -> dict[str, Any]:
    """The fields of dataclasses by name, for one that inherits from all of them."""
    return {f.name: getattr(one, f.name) for one in found for f in fields(one)}
