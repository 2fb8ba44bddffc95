"""How a crystal can be brought into line, in words and for other programs."""

from __future__ import annotations

from typing import Any

from gnomon.report.table import text_table
from gnomon.steps.align_crystal.summary import AlignCrystalSummary


def describe(summary: AlignCrystalSummary) -> str:
    """How the axes lie to each other, and a table of settings."""
    tables = []
    for title, vectors, kind in (
        ("reciprocal", ("a*", "b*", "c*"), "reciprocal"),
        ("unit cell", ("a", "b", "c"), "direct"),
    ):
        rows = [(one.axis, *(f"{x:.3f}" for x in getattr(one, kind))) for one in summary.angles]
        title = f"Angles between {title} axes and those of the experiment, goniometer at zero (°)"
        tables.append(text_table(title, ("axis", *vectors), rows))
    if not summary.settings:
        return "\n\n".join([*tables, "no setting of the goniometer brings these vectors into line"])
    rows = [(s.primary[0], s.secondary[0], *(f"{x:.3f}" for x in reversed(s.angles))) for s in summary.settings]
    headers = ("primary", "secondary", *reversed(summary.names))
    tables.append(text_table("Independent solutions (°)", headers, rows))
    if summary.n_out_of_reach:
        tables.append(f"{summary.n_out_of_reach} pairs of vectors are out of the goniometer's reach")
    return "\n\n".join(tables)


def settings_json(summary: AlignCrystalSummary) -> dict[str, Any]:
    """The settings under the keys that DIALS writes, angles by the names of their axes."""
    solutions = [
        {
            "primary_axis": list(s.primary),
            "secondary_axis": list(s.secondary),
            **{name: round(angle, 3) for name, angle in zip(reversed(summary.names), reversed(s.angles))},
        }
        for s in summary.settings
    ]
    goniometer = {
        "axes": [list(axis) for axis in summary.axes],
        "angles": list(summary.now),
        "names": list(summary.names),
        "scan_axis": summary.scan_axis,
    }
    return {"solutions": solutions, "goniometer": goniometer}
