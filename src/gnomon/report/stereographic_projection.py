"""Directions on a stereogram, in words and as plotly's plain data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gnomon.report.html.colours import colour_of
from gnomon.report.html.figures.axes import axis
from gnomon.report.table import long_table
from gnomon.steps.stereographic_projection.summary import StereographicProjectionSummary

_LISTED = 10
"""Directions of a crystal that are a table to read; more are a picture."""


def describe(summary: StereographicProjectionSummary) -> str:
    """How many directions are projected, and the place of each where they are few."""
    total = sum(len(crystal.hkl) for crystal in summary.crystals)
    head = f"{total} directions of {len(summary.crystals)} crystals; in the middle: {summary.pole}"
    if max(len(crystal.hkl) for crystal in summary.crystals) > _LISTED:
        return head
    rows, radius = [], []
    for crystal in summary.crystals:
        for hkl, x, y in zip(crystal.hkl, crystal.x, crystal.y):
            radius.append(float(np.hypot(x, y)))
            angle = 2 * np.rad2deg(np.arctan(radius[-1]))
            rows.append((str(crystal.experiment), " ".join(map(str, hkl)), f"{x:.3f}", f"{y:.3f}", f"{angle:.2f}"))
    headers = ("crystal", "h k l", "x", "y", "from the middle / °")
    return f"{head}\n\n{long_table('Stereographic projection', headers, rows, radius, 'furthest out')}"


def coordinates_text(summary: StereographicProjectionSummary) -> str:
    """A line a direction: crystal (from 1), h, k, l, x, y."""
    lines = ["crystal h k l x y"]
    for crystal in summary.crystals:
        for (h, k, l), x, y in zip(crystal.hkl, crystal.x, crystal.y):
            lines.append(f"{crystal.experiment + 1} {h} {k} {l} {x:.6f} {y:.6f}")
    return "\n".join(lines) + "\n"


def stereogram(summary: StereographicProjectionSummary, names: Sequence[str] = ()) -> dict[str, Any]:
    """``{"data": [...], "layout": {...}}``: a trace a crystal, the circle and the pole; names: of the crystals."""
    traces = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": names[i] if names else crystal.name,
            "x": list(crystal.x),
            "y": list(crystal.y),
            "text": [" ".join(map(str, hkl)) for hkl in crystal.hkl],
            "marker": {"color": colour_of(i), "size": 6},
            "hovertemplate": "%{text}<extra>%{fullData.name}</extra>",
        }
        for i, crystal in enumerate(summary.crystals)
    ]
    ends = {"range": [-1.08, 1.08], "showgrid": False, "zeroline": False}
    rim = {"type": "circle", "xref": "x", "yref": "y", "x0": -1, "y0": -1, "x1": 1, "y1": 1, "line": {"width": 1}}
    pole = {"type": "scatter", "mode": "markers", "x": [0], "y": [0], "showlegend": False, "hoverinfo": "skip",
            "marker": {"symbol": "cross-thin-open", "size": 12, "color": "#8a8f98"}}  # fmt: skip
    layout = {"xaxis": axis("x", **ends), "yaxis": axis("y", **ends, scaleanchor="x"), "shapes": [rim],
              "showlegend": 1 < len(traces) <= 20}  # fmt: skip
    return {"data": [*traces, pole], "layout": layout}
