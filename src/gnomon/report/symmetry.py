"""What symmetry found, as text."""

from __future__ import annotations

from gnomon.report.laue_group import axial_table, group_table, operator_table, space_group_table
from gnomon.steps.symmetry.summary import SymmetrySummary


def describe(summary: SymmetrySummary) -> str:
    """Operators, Laue groups, absences and space groups, each with what was decided and why."""
    parts = [
        "\n".join(summary.left_out),
        f"{summary.n_used} of {summary.n_observations} observations, to {summary.d_min:.2f} Å, tell the Laue group; "
        f"equivalents are expected to correlate with {summary.calibration.expected:.2f}",
        operator_table(summary.operators),
        group_table(summary.groups),
        f"Laue group of {summary.laue_group} (confidence {summary.laue_confidence:.3f}): {summary.laue_reason}",
    ]
    if summary.axial:
        parts.append(axial_table(summary.axial))
    if summary.space_groups:
        parts.append(space_group_table(summary.space_groups))
    parts.append(f"Space group {summary.space_group}: {summary.space_group_reason}")
    parts.append("\n".join(summary.notes))
    cell = "  ".join(f"{x:.3f}" for x in summary.cells[0])
    parts.append(f"Cell {cell}; change of basis {summary.changes[0]}")
    return "\n\n".join(part for part in parts if part)
