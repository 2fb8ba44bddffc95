"""What cosym found, as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gnomon.report.laue_group import axial_table, group_table, operator_table, space_group_table
from gnomon.report.table import text_table


def describe(stats: Mapping[str, Any]) -> str:
    """Data sets left out, operators, Laue groups, absences, and the change of basis of each data set, with reasons."""
    names = stats["names"]
    parts = [
        f"{len(names)} data sets; {stats['n_used']} of {stats['n_observations']} observations, to "
        f"{stats['d_min']:.2f} Å, tell them apart",
        _excluded(stats["excluded"]),
        operator_table(stats["operators"]),
        group_table(stats["groups"]),
        f"Laue group {stats['laue_group']} (confidence {stats['laue_confidence']:.3f}): {stats['laue_reason']}",
        axial_table(stats["axial"]) if stats["axial"] else "",
        space_group_table(stats["space_groups"]) if stats["space_groups"] else "",
        f"Space group {stats['space_group']}: {stats['space_group_reason']}",
        _changes(names, stats["changes"]),
        _coordinates(stats),
        "\n".join(stats["reasons"]),
    ]
    return "\n\n".join(part for part in parts if part)


def _excluded(rows: list[Mapping[str, str]]) -> str:
    return text_table("Left out", ("data set", "why"), [(r["name"], r["reason"]) for r in rows]) if rows else ""


def _changes(names: list[str], changes: list[str]) -> str:
    """The data sets by the change of their axes."""
    who: dict[str, list[str]] = {}
    for name, change in zip(names, changes):
        who.setdefault(change, []).append(name)
    rows = [(change, len(who[change]), ", ".join(who[change])) for change in sorted(who, key=lambda c: -len(who[c]))]
    return text_table("Changes of basis to the common setting", ("new axes", "number", "data sets"), rows)


def _coordinates(stats: Mapping[str, Any]) -> str:
    if len(stats["names"]) == 1:
        return ""
    cos = stats["cosines"]
    n = len(cos)
    mean = (cos.sum() - n) / (n * (n - 1))
    tried = ", ".join(f"{d}: {f:.3g}" for d, f in stats["dimensions_tried"])
    return (
        f"Coordinates in {stats['dimensions']} dimensions (functional by dimension {tried}); mean cosine of the angle "
        f"between data sets {mean:.3f}, least {cos.min():.3f}"
    )
