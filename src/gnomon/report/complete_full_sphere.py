"""Scans that complete the sphere, in words."""

from __future__ import annotations

from gnomon.report.table import text_table
from gnomon.steps.complete_full_sphere.summary import CompleteFullSphereSummary


def describe(summary: CompleteFullSphereSummary) -> str:
    """What is recorded, and a table of further scans."""
    s = summary
    what = "unique reflections" if s.unique else "the sphere"
    lines = [f"{100 * s.completeness:.1f} % of {what} to {s.d_min:.2f} Å recorded by the scans given"]
    if not s.scans:
        lines.append("no further scan at the angles tried adds to that")
        return "\n".join(lines)
    rows = [
        (str(i), *(f"{x:.1f}" for x in reversed(one.angles)), f"{one.width:g}", f"{100 * one.gain:.1f}",
         f"{100 * one.completeness:.1f}")
        for i, one in enumerate(s.scans, 1)
    ]  # fmt: skip
    names = [f"{name} (°)" for name in reversed(s.names)]
    turning = s.names[s.scan_axis]
    table = text_table(
        f"Further scans about {turning}", ("scan", *names, "width (°)", "adds (%)", "complete (%)"), rows
    )
    return "\n\n".join([*lines, table, f"full turns at all angles tried would record {100 * s.reachable:.1f} %"])
