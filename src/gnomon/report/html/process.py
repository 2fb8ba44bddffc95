"""The page of process: what came out and why, then the page of every stage, folded, what matters most first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from gnomon.report.clusters import comparison_rows
from gnomon.report.html import scale
from gnomon.report.html.blocks import Section, Table, Words
from gnomon.report.html.steps import step_sections, told_by
from gnomon.step import Result
from gnomon.steps.scale.summary import ScaleSummary

_ORDER = ("scale", "correlation_matrix", "cosym", "symmetry", "integrate", "refine", "index", "find_spots", "import")
"""Of stages, by what is worth a look first; others stand last."""
_LEFT_TO_THE_FRONT = ("Decisions",)


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
    grouped = [s for p in parts if p.stage == "correlation_matrix" and p.result for s in _told(p)]
    who = [replace(s, title="Clusters", group="") for s in grouped if s.title == "Summary"]
    shown = sorted(parts, key=lambda part: (_rank(part), not part.final))
    return [*compared, *who, *front, _decisions(parts), *(s for part in shown for s in _details(part))]


def _rank(part: Part) -> int:
    return _ORDER.index(part.stage) if part.stage in _ORDER else len(_ORDER)


def _told(part: Part) -> list[Section]:
    """What the stage of a part that worked told."""
    assert part.result is not None
    return told_by(part.stage, part.result.summary, part.result.product)


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


def _details(part: Part) -> list[Section]:
    """The sections of a stage but those that stand in front, folded under its name; none where it failed."""
    if part.result is None or part.result.summary is None:
        return []
    found = [s for s in step_sections(part.stage, part.result) if s.title not in _LEFT_TO_THE_FRONT]
    return [replace(s, group=f"{part.cluster} {part.stage}".strip(), open=False) for s in found]
