"""What symmetry found, as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gnomon.report.table import text_table

_MOST_GROUPS = 12


def describe(stats: Mapping[str, Any]) -> str:
    """Operators, Laue groups, absences and space groups, each with what was decided and why."""
    parts = [
        f"{stats['n_used']} of {stats['n_observations']} observations, to {stats['d_min']:.2f} Å, tell the Laue group; "
        f"equivalents are expected to correlate with {stats['calibration']['expected']:.2f}",
        _operators(stats["operators"]),
        _groups(stats["groups"]),
        f"Laue group of {stats['laue_group']} (confidence {stats['laue_confidence']:.3f}): {stats['laue_reason']}",
    ]
    if stats["axial"]:
        parts.append(_axial(stats["axial"]))
    if stats["space_groups"]:
        parts.append(_space_groups(stats["space_groups"]))
    parts.append(f"Space group {stats['space_group']}: {stats['space_group_reason']}")
    cell = "  ".join(f"{x:.3f}" for x in stats["cells"][0])
    parts.append(f"Cell {cell}; change of basis {stats['changes'][0]}")
    return "\n\n".join(part for part in parts if part)


def _stars(row: Mapping[str, Any]) -> str:
    if not row["decides"]:
        return "?"
    return next((mark for limit, mark in ((0.9, "***"), (0.7, "**"), (0.5, "*")) if row["probability"] > limit), "")


def _operators(rows: list[Mapping[str, Any]]) -> str:
    if not rows:
        return "The lattice is triclinic: there is no operator to test"
    body = [
        (f"{r['fold']}-fold {r['operator']}", r["probability"], r["z"], r["cc"], round(r["pairs"]), _stars(r))
        for r in rows
    ]
    return text_table("Operators (in the reduced cell)", ("operator", "probability", "Z(CC)", "CC", "pairs", ""), body)


def _groups(rows: list[Mapping[str, Any]]) -> str:
    shown = [r for i, r in enumerate(rows) if i < _MOST_GROUPS or r["chosen"]]
    body = [
        (
            ("-> " if r["chosen"] else "   ") + r["group"],
            r["lattice"],
            f"{r['probability']:.3f}",
            r["net_z"],
            r["z_in"],
            r["z_out"],
            f"{r['cc_in']:.2f}",
            f"{r['cc_out']:.2f}",
            f"{r['delta']:.2f}",
            r["change"],
        )
        for r in shown
    ]
    hidden = len(rows) - len(shown)
    head = ("   rotations", "lattice", "probability", "net Z", "Z+", "Z-", "CC+", "CC-", "delta/°", "axes")
    table = text_table("Subgroups of the lattice's symmetry", head, body)
    return table + (f"\n   ({hidden} less probable ones not shown)" if hidden else "")


def _axial(rows: list[Mapping[str, Any]]) -> str:
    body = [
        (r["class"], r["present"], r["absent"], f"{r['present_ratio']:.1f}", f"{r['absent_ratio']:.1f}") for r in rows
    ]
    head = ("class", "multiples", "others", "<I/sigma>", "<I/sigma> of others")
    return text_table("Axial reflections", head, body)


def _space_groups(rows: list[Mapping[str, Any]]) -> str:
    body = [
        (
            ("-> " if r["chosen"] else "   ") + ", ".join(r["groups"]),
            f"{r['probability']:.3f}",
            r["n_absent"],
            f"{r['mean_absent']:.1f}",
            f"{r['mean_present']:.1f}",
        )
        for r in rows
    ]
    head = ("   space groups", "probability", "absent", "<I/sigma> absent", "<I/sigma> of others")
    return text_table("Space groups by their absences", head, body)
