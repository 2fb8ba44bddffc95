"""The page of process: the decisions, what came out, then every stage that has a page of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gnomon.report.clusters import comparison_rows
from gnomon.report.html import correlation_matrix, cosym, scale, symmetry
from gnomon.report.html.blocks import Section, Table, Words
from gnomon.step import Result
from gnomon.steps.scale.summary import ScaleSummary

_STAGES: Mapping[str, Callable[[Result[Any, Any]], list[Section]]] = {
    "symmetry": lambda result: symmetry.sections(result.summary),
    "cosym": lambda result: cosym.sections(result.summary, result.product),
    "correlation_matrix": lambda result: correlation_matrix.sections(result.summary, result.product),
    "scale": lambda result: scale.sections(result.summary),
}
_LEFT_TO_THE_FRONT = ("Summary", "Decisions")


@dataclass(frozen=True)
class Part:
    """What one stage did: its name, the cluster it is about ("" for all), its result, None where it failed; what was
    decided; whether it is final.
    """

    stage: str
    cluster: str
    result: Result[Any, Any] | None
    decisions: Sequence[str]
    final: bool


def process_sections(parts: Sequence[Part]) -> list[Section]:
    """What came out and why first; then symmetry, coordinates, clusters, and the statistics of each scaling."""
    front = [scale.summary_section(s, _named(p, "Table 1")) for p, s in _scaled(parts) if p.final]
    compared = [_comparison(parts)] if any(part.cluster for part in parts) else []
    grouped = [s for p in parts if p.stage == "correlation_matrix" for s in _sections(p)]
    who = [replace(s, title="Clusters") for s in grouped if s.title == "Summary"]
    return [*compared, *who, *front, _decisions(parts), *(s for part in parts for s in _details(part))]


def _named(part: Part, title: str) -> str:
    return f"{part.cluster}: {title}" if part.cluster else title


def _scaled(parts: Sequence[Part]) -> list[tuple[Part, ScaleSummary]]:
    """The parts that were scaled, with what scaling tells."""
    return [(p, p.result.summary) for p in parts if p.stage == "scale" and p.result is not None]


def _comparison(parts: Sequence[Part]) -> Section:
    headers, rows = comparison_rows([(p.cluster or "all", len(s.names), s) for p, s in _scaled(parts)])
    return Section("Comparison", [Table("Clusters beside all data together", headers, rows)])


def _decisions(parts: Sequence[Part]) -> Section:
    told = [f"{_named(p, p.stage)}: {decision}" for p in parts for decision in p.decisions]
    return Section("Decisions", [Words(told, listed=True)])


def _sections(part: Part) -> list[Section]:
    """All sections of a stage's own page; none where it has no page, or failed."""
    return _STAGES[part.stage](part.result) if part.stage in _STAGES and part.result is not None else []


def _details(part: Part) -> list[Section]:
    """The sections of a stage but those that stand in front; their titles say what they are of."""
    found = [s for s in _sections(part) if s.title not in _LEFT_TO_THE_FRONT]
    whose = part.cluster or part.stage
    return [replace(s, title=f"{whose}: {s.title[0].lower()}{s.title[1:]}") for s in found]
