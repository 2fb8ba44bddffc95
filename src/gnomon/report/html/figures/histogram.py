"""How values are spread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gnomon.report.html.blocks import Figure
from gnomon.report.html.colours import COLOURS
from gnomon.report.html.figures.axes import axis


def histogram(title: str, values: Sequence[float] | np.ndarray, x_label: str, note: str = "", bins: int = 40) -> Figure:
    """Counts of the finite values in equal bins; counted here, so that the page carries only the counts."""
    known = np.asarray(values, float)
    counts, edges = np.histogram(known[np.isfinite(known)], bins=bins)
    trace: dict[str, Any] = {
        "type": "bar",
        "x": (edges[1:] + edges[:-1]) / 2,
        "y": counts,
        "width": np.diff(edges),
        "marker": {"color": COLOURS[0], "line": {"width": 0}},
        "hovertemplate": "%{x:.4~g}: %{y}<extra></extra>",
    }
    layout = {"xaxis": axis(x_label), "yaxis": axis("number"), "showlegend": False, "bargap": 0}
    return Figure(title, [trace], layout, note)
