"""What index decided, in words."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from gnomon.report.table import text_table

LEAST_OFF = 0.5  # px, of the beam centre, worth telling


def describe(stats: Mapping[str, Any]) -> str:
    """The search, the crystals, and a line a sweep: spots, indexed, and why the rest is not."""
    lines = [
        f"cell edges up to {stats['max_cell']:.0f} Å looked for, transform to {stats['d_min']:.2f} Å; "
        f"{stats['n_crystals']} crystal{'s' if stats['n_crystals'] != 1 else ''}",
        *stats["reasons"],
    ]
    off = stats["beam_centre_off"]
    if max(map(abs, off)) > LEAST_OFF:
        lines.append(f"the beam centre given was off by ({off[0]:.1f}, {off[1]:.1f}) px (fast, slow): corrected")
    rows = [
        (
            str(c["experiment"]),
            c["sweep"],
            " ".join(f"{x:.2f}" for x in c["cell"]),
            c["space_group"],
            c["indexed"],
            *(f"{x:.2f}" if isfinite(x) else "-" for x in c["rmsd"]),
        )
        for c in stats["crystals"]
    ]
    headers = ("experiment", "sweep", "cell (Å, degrees)", "group", "indexed", "rmsd x (px)", "y (px)", "z (images)")
    sweeps = [
        (
            str(s["sweep"]),
            s["spots"],
            s["indexed"],
            f"{100 * s['fraction']:.1f}%",
            s["outliers"],
            ", ".join(f"{n} {why}" for why, n in s["unindexed"].items() if n) or "-",
        )
        for s in stats["sweeps"]
    ]
    return "\n\n".join(
        [
            "\n".join(lines),
            text_table("crystals", headers, rows),
            text_table("sweeps", ("sweep", "spots", "indexed", "%", "outliers", "unindexed"), sweeps),
        ]
    )
