"""A distortion of the images, in words."""

from __future__ import annotations

from gnomon.report.table import long_table
from gnomon.steps.generate_distortion_maps.summary import GenerateDistortionMapsSummary


def describe(summary: GenerateDistortionMapsSummary) -> str:
    """By how much spots of each panel are seen off."""
    rows = [(str(p.panel), *(f"{low:.2f} to {high:.2f}" for low, high in (p.dx, p.dy))) for p in summary.panels]
    furthest = [max(map(abs, (*p.dx, *p.dy))) for p in summary.panels]
    headers = ("panel", "along fast / px", "along slow / px")
    return long_table(f"Spots are seen off ({summary.mode})", headers, rows, furthest, "furthest off")
