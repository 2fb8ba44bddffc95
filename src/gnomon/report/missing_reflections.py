"""Regions of missing reflections, in words."""

from __future__ import annotations

from gnomon.report.table import long_table
from gnomon.steps.missing_reflections.summary import MissingReflectionsSummary


def describe(summary: MissingReflectionsSummary) -> str:
    """How complete the data are, and a table of regions."""
    lines = [
        f"Space group: {summary.space_group}; cell {' '.join(f'{x:.2f}' for x in summary.cell)}",
        f"Resolution range: {summary.d_max:.4f} {summary.d_min:.4f}",
        f"Completeness in resolution range: {summary.completeness:.5f} ({summary.n_missing} of {summary.n_possible} "
        "unique reflections are missing)",
        f"Completeness with d_max=infinity: {summary.completeness_to_infinity:.5f}",
        "",
    ]
    if not summary.regions:
        return "\n".join([*lines, "No connected regions of missing reflections identified"])
    rows = [(str(r.n), f"{100 * r.fraction:.1f}", f"{r.d_max:.2f}-{r.d_min:.2f}") for r in summary.regions]
    headers = ("# reflections", "% missing", "Resolution range (Å)")
    title = "The following connected regions of missing reflections have been identified:"
    table = long_table(title, headers, rows, [float(r.n) for r in summary.regions], "largest")
    if summary.n_regions_left_out:
        table += f"\n({summary.n_regions_left_out} smaller regions are not listed)"
    return "\n".join([*lines, table])
