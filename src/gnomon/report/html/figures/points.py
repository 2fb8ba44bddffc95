"""Points with the names of data sets on hover."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from gnomon.report.html.blocks import Figure
from gnomon.report.html.colours import COLOURS, cluster_name, colour_of, symbol_of
from gnomon.report.html.figures.axes import named_axis
from gnomon.report.html.figures.thinned import spread, spread_with_extremes, thinned_note


def clustered(title: str, xy: np.ndarray, of: Mapping[str, Any], axes: Mapping[str, Any], note: str = "") -> Figure:
    """A point a data set at ``xy`` (n, 2), in the colour and symbol of its cluster; of very many some.

    ``of``: ``names`` (n,), ``labels`` (n,; -1 in no cluster), and the clusters' own names where they have some.
    """
    rows = spread(len(xy))
    note = thinned_note(note, len(rows), len(xy))
    of = {**of, "names": [of["names"][k] for k in rows], "labels": np.asarray(of["labels"], int)[rows]}
    xy, labels = xy[rows], of["labels"]
    traces = [_points(xy, of, int(label)) for label in np.unique(labels)]
    layout = {"xaxis": axes["x"], "yaxis": axes["y"], "showlegend": len(traces) > 1}
    return Figure(title, traces, layout, note)


def _points(xy: np.ndarray, of: Mapping[str, Any], label: int) -> dict[str, Any]:
    members = np.flatnonzero(np.asarray(of["labels"]) == label)
    return {
        "type": "scatter",
        "mode": "markers",
        "name": cluster_name(label, of.get("cluster_names", ())),
        "x": xy[members, 0],
        "y": xy[members, 1],
        "text": [escape(of["names"][k], quote=False) for k in members],
        "marker": {"color": colour_of(label), "symbol": symbol_of(label), "size": 9},
        "hovertemplate": "<b>%{text}</b>, %{fullData.name}<br>%{x:.4~g}, %{y:.4~g}<extra></extra>",
    }


def by_data_set(
    title: str, names: Sequence[str], values: np.ndarray, y_axis: Mapping[str, Any], note: str = "", *, good: str = ""
) -> Figure:
    """A point a data set, in the order they were given; of very many some, and all that stand out."""
    values = np.asarray(values, float)
    rows = spread_with_extremes(values)
    note = thinned_note(note, len(rows), len(values), "data sets")
    shown = [escape(names[k], quote=False) for k in rows]
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": rows,
        "y": values[rows],
        "text": shown,
        "marker": {"color": COLOURS[0], "size": 8},
        "hovertemplate": "<b>%{text}</b><br>%{y:.4~g}<extra></extra>",
    }
    layout = {"xaxis": named_axis([escape(n, quote=False) for n in names]), "yaxis": y_axis, "showlegend": False}
    return Figure(title, [trace], layout, note, good=good)
