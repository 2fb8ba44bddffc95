"""What symmetry found, as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gnomon.report.laue_group import axial_table, group_table, operator_table, space_group_table


def describe(stats: Mapping[str, Any]) -> str:
    """Operators, Laue groups, absences and space groups, each with what was decided and why."""
    parts = [
        "\n".join(stats["left_out"]),
        f"{stats['n_used']} of {stats['n_observations']} observations, to {stats['d_min']:.2f} Å, tell the Laue group; "
        f"equivalents are expected to correlate with {stats['calibration']['expected']:.2f}",
        operator_table(stats["operators"]),
        group_table(stats["groups"]),
        f"Laue group of {stats['laue_group']} (confidence {stats['laue_confidence']:.3f}): {stats['laue_reason']}",
    ]
    if stats["axial"]:
        parts.append(axial_table(stats["axial"]))
    if stats["space_groups"]:
        parts.append(space_group_table(stats["space_groups"]))
    parts.append(f"Space group {stats['space_group']}: {stats['space_group_reason']}")
    parts.append("\n".join(stats["notes"]))
    cell = "  ".join(f"{x:.3f}" for x in stats["cells"][0])
    parts.append(f"Cell {cell}; change of basis {stats['changes'][0]}")
    return "\n\n".join(part for part in parts if part)
