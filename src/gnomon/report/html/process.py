"""The page of process: the decisions, what came out, then every stage that has a page of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gnomon.report.clusters import comparison_rows
from gnomon.report.html import correlation_matrix, cosym, scale, symmetry
from gnomon.report.html.blocks import Section, Table, Words

_STAGES = {
    "symmetry": lambda stats: [symmetry.symmetry_section(stats)],
    "cosym": cosym.sections,
    "correlation_matrix": correlation_matrix.sections,
    "scale": scale.sections,
}
_LEFT_TO_THE_FRONT = ("Summary", "Decisions")


@dataclass(frozen=True)
class Part:
    """What one stage did: its name, the cluster it is about ("" for all), its stats, decisions; whether it is final."""

    stage: str
    cluster: str
    data_sets: int
    stats: Mapping[str, Any]
    decisions: Sequence[str]
    final: bool


def process_sections(parts: Sequence[Part]) -> list[Section]:
    """What came out and why first; then symmetry, coordinates, clusters, and the statistics of each scaling."""
    front = [_summary(part) for part in parts if part.final]
    compared = [_comparison(parts)] if any(part.cluster for part in parts) else []
    grouped = [s for p in parts if p.stage == "correlation_matrix" for s in correlation_matrix.sections(p.stats)]
    who = [replace(s, title="Clusters") for s in grouped if s.title == "Summary"]
    return [*compared, *who, *front, _decisions(parts), *(s for part in parts for s in _details(part))]


def _named(part: Part, title: str) -> str:
    return f"{part.cluster}: {title}" if part.cluster else title


def _summary(part: Part) -> Section:
    return scale.summary(part.stats, _named(part, "Table 1"))


def _comparison(parts: Sequence[Part]) -> Section:
    scaled = [(p.cluster or "all", p.data_sets, p.stats) for p in parts if p.stage == "scale" and p.stats]
    headers, rows = comparison_rows(scaled)
    return Section("Comparison", [Table("Clusters beside all data together", headers, rows)])


def _decisions(parts: Sequence[Part]) -> Section:
    told = [f"{_named(p, p.stage)}: {decision}" for p in parts for decision in p.decisions]
    return Section("Decisions", [Words(told, listed=True)])


def _details(part: Part) -> list[Section]:
    """The sections of a stage but those that stand in front; their titles say what they are of."""
    if part.stage not in _STAGES or not part.stats:
        return []
    found = [s for s in _STAGES[part.stage](part.stats) if s.title not in _LEFT_TO_THE_FRONT]
    whose = part.cluster or part.stage
    return [replace(s, title=f"{whose}: {s.title[0].lower()}{s.title[1:]}") for s in found]
