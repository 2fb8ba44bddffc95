"""Curves against anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gnomon.report.html.blocks import Figure
from gnomon.report.html.colours import COLOURS
from gnomon.report.html.figures.thinned import spread, thinned_note

Numbers = Sequence[float] | np.ndarray
MOST_POINTS = 12000
"""Of one figure: what eyes can tell, and browsers draw at once."""
MOST_CURVES = 150


@dataclass(frozen=True)
class Curve:
    """y against x; ``hover``: a few words for each point; ``dash``: solid, dash or dot."""

    name: str
    x: Numbers
    y: Numbers
    hover: Sequence[str] = ()
    dash: str = "solid"
    mode: str = "lines"


def lines(title: str, curves: Sequence[Curve], axes: Mapping[str, Any], note: str = "", **more: Any) -> Figure:
    """A figure of up to six curves, each in its colour and with its name in the legend where there are several."""
    traces = [_trace(curve, COLOURS[i % len(COLOURS)]) for i, curve in enumerate(curves)]
    layout = {"xaxis": axes["x"], "yaxis": axes["y"], "showlegend": len(curves) > 1}
    return Figure(title, traces, layout, note, **more)


def _trace(curve: Curve, colour: str) -> dict[str, Any]:
    words = {"text": list(curve.hover)} if curve.hover else {}
    place = "%{text}" if curve.hover else "%{x}"
    return {
        "type": "scatter",
        "mode": curve.mode,
        "name": curve.name,
        "x": np.asarray(curve.x, float),
        "y": np.asarray(curve.y, float),
        "line": {"color": colour, "dash": curve.dash, "width": 2},
        "marker": {"color": colour, "size": 6},
        "hovertemplate": f"%{{fullData.name}}<br>{place}: %{{y:.4~g}}<extra></extra>",
        **words,
    }


def many_lines(
    title: str, curves: Sequence[Curve], axes: Mapping[str, Any], note: str = "", *, good: str = ""
) -> Figure:
    """A curve a data set, its name on hover; without a legend where there are more than six.

    Many curves, and long ones, are thinned, evenly, so that the figure stays light.
    """
    rows = spread(len(curves), MOST_CURVES)
    note = thinned_note(note, len(rows), len(curves), "data sets")
    curves = [curves[k] for k in rows]
    thin = max(1, -(-sum(len(c.x) for c in curves) // MOST_POINTS))
    traces = []
    for i, curve in enumerate(curves):
        trace = _trace(curve, COLOURS[i % len(COLOURS)])
        one = len(trace["x"]) == 1
        trace |= {"x": trace["x"][::thin], "y": trace["y"][::thin], "mode": "markers" if one else "lines"}
        trace["line"] = {**trace["line"], "width": 1.5 if len(curves) < 7 else 1}
        traces.append(trace)
    more = f" One image in {thin} is drawn." if thin > 1 else ""
    layout = {"xaxis": axes["x"], "yaxis": axes["y"], "showlegend": 1 < len(curves) < 7}
    return Figure(title, traces, layout, note + more, good=good)
