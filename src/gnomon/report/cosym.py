"""What cosym found, as text."""

from __future__ import annotations

from collections.abc import Sequence

from gnomon.report.laue_group import axial_table, group_table, operator_table, space_group_table
from gnomon.report.table import text_table
from gnomon.steps.cosym.summary import CosymSummary
from gnomon.summary import DataSetRemark


def describe(summary: CosymSummary) -> str:
    """Data sets left out, operators, Laue groups, absences, and the change of basis of each data set, with reasons."""
    names = summary.names
    parts = [
        f"{len(names)} data sets; {summary.n_used} of {summary.n_observations} observations, to "
        f"{summary.d_min:.2f} Å, tell them apart",
        _excluded(summary.excluded),
        operator_table(summary.operators),
        group_table(summary.groups),
        f"Laue group {summary.laue_group} (confidence {summary.laue_confidence:.3f}): {summary.laue_reason}",
        axial_table(summary.axial) if summary.axial else "",
        space_group_table(summary.space_groups) if summary.space_groups else "",
        f"Space group {summary.space_group}: {summary.space_group_reason}",
        _changes(names, summary.changes),
        _coordinates(summary),
        "\n".join(summary.sentences),
    ]
    return "\n\n".join(part for part in parts if part)


def _excluded(rows: Sequence[DataSetRemark]) -> str:
    return text_table("Left out", ("data set", "why"), [(r.name, r.reason) for r in rows]) if rows else ""


def _changes(names: Sequence[str], changes: Sequence[str]) -> str:
    """The data sets by the change of their axes."""
    who: dict[str, list[str]] = {}
    for name, change in zip(names, changes):
        who.setdefault(change, []).append(name)
    rows = [(change, len(who[change]), ", ".join(who[change])) for change in sorted(who, key=lambda c: -len(who[c]))]
    return text_table("Changes of basis to the common setting", ("new axes", "number", "data sets"), rows)


def _coordinates(summary: CosymSummary) -> str:
    if len(summary.names) == 1:
        return ""
    tried = ", ".join(f"{one.dimensions}: {one.functional:.3g}" for one in summary.dimensions_tried)
    return (
        f"Coordinates in {summary.dimensions} dimensions (functional by dimension {tried}); mean cosine of the angle "
        f"between data sets {summary.mean_cosine:.3f}, least {summary.least_cosine:.3f}"
    )
