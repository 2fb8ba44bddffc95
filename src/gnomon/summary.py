"""What a step tells of its work: frozen dataclasses, each figure with its meaning and unit.

The log, the pages, the saved ``gnomon.<command>.json`` and ``docs/reference/results.md`` are made of these alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from html import escape
from typing import Any

from gnomon.html_table import html_table

_FEW = 6  # numbers of a tuple that are shown, as those of a cell
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

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Keep the short text: that of a dataclass would have every array of it."""
        super().__init_subclass__(**kwargs)
        cls.__repr__ = Summary.__repr__  # type: ignore[method-assign]

    def __repr__(self) -> str:
        told = [f"{f.name}={_short(getattr(self, f.name))}" for f in fields(self) if f.name != "decisions"]
        return f"{type(self).__name__}({', '.join(told)})"

    def _repr_html_(self) -> str:
        """Every figure with its unit and meaning, for notebooks; then the decisions."""
        rows = [
            (f.name, _short(getattr(self, f.name)), f.metadata.get("unit", ""), f.metadata.get("description", ""))
            for f in fields(self)
            if f.name != "decisions"
        ]
        table = html_table(type(self).__name__, ("figure", "value", "unit", "meaning"), rows)
        return table + "".join(f"<p>{escape(sentence)}</p>" for sentence in self.sentences)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The decisions as they are printed."""
        return tuple(map(str, self.decisions))


def _short(value: Any) -> str:
    """A number or a text as it is; of more, how many of what."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if value is None or isinstance(value, str | int):
        return str(value)
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"{value.dtype} array of {' x '.join(map(str, value.shape))}" if value.shape else str(value)
    if isinstance(value, list | tuple | Mapping):
        plain = isinstance(value, tuple) and len(value) <= _FEW and all(isinstance(v, float | int | str) for v in value)
        return f"({', '.join(map(_short, value))})" if plain else f"{len(value)} items"
    return type(value).__name__


@dataclass(frozen=True)
class DataSetRemark:
    """A data set that is named for a reason."""

    name: str = figure("data set")
    reason: str = figure("why it is named")


def fields_of(*found: Any) -> dict[str, Any]:
    """The fields of dataclasses by name, for one that inherits from all of them."""
    return {f.name: getattr(one, f.name) for one in found for f in fields(one)}
