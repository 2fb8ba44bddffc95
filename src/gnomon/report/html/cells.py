"""Cells of data sets side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from gnomon.report.html.blocks import Figure
from gnomon.report.html.colours import COLOURS
from gnomon.report.html.figures.axes import axis, named_axis
from gnomon.report.html.figures.thinned import spread_with_extremes, thinned_note

_EDGES = ("a", "b", "c")
_ANGLES = ("α", "β", "γ")
_ALIKE = 1e-6
CELL_COLUMNS = ("a / Å", "b / Å", "c / Å", "α / °", "β / °", "γ / °")


def cell_figures(names: Sequence[str], cells: np.ndarray) -> list[Figure]:
    """Edges of cells (n, 6) against their median, %, and angles that vary, degrees; edges that are one drawn once."""
    edges, angles = cells[:, :3], cells[:, 3:]
    shown = [escape(name, quote=False) for name in names]
    rows = spread_with_extremes(cells)
    change = 100 * (edges / np.median(edges, axis=0) - 1)
    traces = [_trace(label, i, rows, shown, (change[:, i], edges[:, i])) for label, i in _distinct(edges, _EDGES)]
    found = [_figure("Cell edges", traces, shown, "from the median / %")]
    varied = [(label, i) for label, i in _distinct(angles, _ANGLES) if np.ptp(angles[:, i]) > _ALIKE * 90]
    if varied:
        traces = [
            _trace(label, i, rows, shown, (angles[:, i] - np.median(angles[:, i]), angles[:, i])) for label, i in varied
        ]
        found.append(_figure("Cell angles", traces, shown, "from the median / °"))
    return found


def _distinct(columns: np.ndarray, names: Sequence[str]) -> list[tuple[str, int]]:
    """A label and a column for each that symmetry does not make the same as an earlier one: ("a = b", 0), ("c", 2)."""
    groups: list[list[int]] = []
    for i in range(3):
        same = next((g for g in groups if np.allclose(columns[:, g[0]], columns[:, i], rtol=_ALIKE, atol=0)), None)
        groups.append([i]) if same is None else same.append(i)
    return [(" = ".join(names[i] for i in group), group[0]) for group in groups]


def _trace(
    label: str, i: int, rows: np.ndarray, names: Sequence[str], values: tuple[np.ndarray, np.ndarray]
) -> dict[str, Any]:
    """The data sets ``rows`` of values (n,): off the median, and as they are."""
    moved, absolute = values
    unit = "°" if label[0] in _ANGLES else "Å"
    return {
        "type": "scatter",
        "mode": "markers",
        "name": label,
        "x": rows,
        "y": moved[rows],
        "customdata": np.round(absolute[rows], 3),
        "text": [names[k] for k in rows],
        "marker": {"color": COLOURS[i], "size": 8, "symbol": ("circle", "square", "diamond")[i]},
        "hovertemplate": f"%{{text}}<br>{label} = %{{customdata:.3f}} {unit}<extra></extra>",
    }


def _figure(title: str, traces: Sequence[Mapping[str, Any]], names: Sequence[str], label: str) -> Figure:
    note = thinned_note("", len(traces[0]["x"]), len(names), "data sets")
    return Figure(title, traces, {"xaxis": named_axis(names), "yaxis": axis(label), "showlegend": True}, note)
