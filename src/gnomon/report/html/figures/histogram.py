"""How values are spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def histograms(
    title: str, values: Mapping[str, np.ndarray], x_label: str, *, note: str = "", good: str = "", bins: int = 80
) -> Figure:
    """A stepped curve a name, shares of the finite values in equal bins that hold 99.5 % of all of them."""
    known = {name: array[np.isfinite(array)] for name, array in values.items()}
    pooled = np.concatenate([*known.values(), np.zeros(0)])
    low, high = np.quantile(pooled, [0.0025, 0.9975]) if len(pooled) else (0.0, 1.0)
    edges = np.linspace(low, high if high > low else low + 1.0, bins + 1)
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "x": (edges[1:] + edges[:-1]) / 2,
            "y": np.histogram(array, edges)[0] / max(len(array), 1),
            "line": {"color": COLOURS[i % len(COLOURS)], "shape": "hvh", "width": 2},
            "hovertemplate": "%{fullData.name}<br>%{x:.4~g}: %{y:.2~%}<extra></extra>",
        }
        for i, (name, array) in enumerate(known.items())
    ]
    layout = {
        "xaxis": axis(x_label),
        "yaxis": axis("share", rangemode="tozero", tickformat=".0%"),
        "showlegend": len(traces) > 1,
    }
    return Figure(title, traces, layout, note, good=good)
