"""The page of process: what came out and why, then the page of every stage, folded, what matters most first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gnomon.report.clusters import comparison_rows
from gnomon.report.html import scale
from gnomon.report.html.blocks import Figure, Section, Table, Words
from gnomon.report.html.figures.axes import axis, resolution_axis
from gnomon.report.html.figures.lines import Curve, many_lines
from gnomon.report.html.figures.shells import middle
from gnomon.report.html.steps import step_sections, told_by
from gnomon.step import Result
from gnomon.steps.scale.summary import ScaleSummary

_ORDER = ("scale", "correlation_matrix", "cosym", "symmetry", "integrate", "refine", "index", "find_spots", "import")
"""Of stages, by what is worth a look first; others stand last."""
_MOST_WHOLE, _MOST_TOLD, _MOST_TABLES = 1, 2, 6
"""Parts of a stage that stand with what their data show, and with all that the step told, so that the page stays light
however many clusters there are; with Table 1; all stand in the comparison, and ``report`` makes a page of each."""
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
    details = [s for part in shown for s in _details(part, _rank_within(part, shown))]
    return [*compared, *who, *front[:_MOST_TABLES], _decisions(parts), *details]


def _rank_within(part: Part, shown: Sequence[Part]) -> int:
    """How many parts of the same stage stand before it."""
    return next(i for i, other in enumerate(p for p in shown if p.stage == part.stage) if other is part)


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
    scaled = [(p.cluster or "all", s) for p, s in _scaled(parts)]
    headers, rows = comparison_rows([(name, len(s.names), s) for name, s in scaled])
    table = Table("Clusters beside all data together", headers, rows)
    figures = [_compared(scaled, *kind) for kind in _COMPARED]
    return Section("Comparison", [table, *(figure for figure in figures if figure is not None)])


_COMPARED = (
    (
        "CC1/2 of clusters",
        "cc_half",
        "CC1/2",
        "Good: above all data together, or as high. Lower: too few data.",
    ),
    (
        "I/sigma of clusters",
        "i_over_sigma",
        "mean I/sigma",
        "Good: not far below that of all data.",
    ),
    ("Rmeas of clusters", "r_meas", "Rmeas", "Good: below that of all data: what is in the cluster is alike."),
    (
        "Completeness of clusters",
        "completeness",
        "completeness",
        "Good: full. What lacks much needs more data.",
    ),
)


def _compared(scaled: Sequence[tuple[str, ScaleSummary]], title: str, key: str, label: str, good: str) -> Figure | None:
    """A curve a cluster, and one of all data, against resolution; None where nothing is known."""
    curves = [
        Curve(name, middle(s.shells), [getattr(shell, key) for shell in s.shells], mode="lines+markers")
        for name, s in scaled
        if s.shells
    ]
    curves = [c for c in curves if np.isfinite(np.asarray(c.y, float)).any()]
    if not curves:
        return None
    x = resolution_axis(np.concatenate([np.asarray(c.x) for c in curves]))
    return many_lines(title, curves, {"x": x, "y": axis(label)}, good=good)


def _decisions(parts: Sequence[Part]) -> Section:
    told = [f"{_named(p, p.stage)}: {decision}" for p in parts for decision in p.decisions]
    return Section("Decisions", [Words(told, listed=True)])


def _details(part: Part, rank: int) -> list[Section]:
    """The sections of a stage but those that stand in front, folded under its name; none where it failed.

    rank: the parts of the same stage that stand before it; of the first its data are shown, of the last nothing.
    """
    if part.result is None or part.result.summary is None or rank >= _MOST_TOLD:
        return []
    made = step_sections(part.stage, part.result) if rank < _MOST_WHOLE else _told(part)
    found = [s for s in made if s.title not in _LEFT_TO_THE_FRONT]
    return [replace(s, group=f"{part.cluster} {part.stage}".strip(), open=False) for s in found]
