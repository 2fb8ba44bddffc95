"""Matrices of data sets against data sets, in the order of their tree, with the tree above."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from gnomon.report.html.blocks import Figure
from gnomon.report.html.colours import RISING
from gnomon.report.html.figures.axes import MOST_NAMES, axis, named_axis
from gnomon.report.html.figures.thinned import thinned_note
from gnomon.report.html.figures.tree import branches, joints_of, knots, leaf_points, tallest

_LEAST_SPAN = 0.01
"""Of the colours: below, all are alike."""


MOST_CELLS = 200
"""Along a side of the matrix: 2 pixels each."""


def matrix(
    title: str, values: np.ndarray, names: Sequence[str], *, order: Sequence[int] | None = None, note: str = ""
) -> Figure:
    """A square a pair of data sets, both names on hover; of very many data sets a square some pairs side by side."""
    order = range(len(names)) if order is None else order
    cells = _cells(values, order)
    layout = {"xaxis": _across(_names(names, order)), "yaxis": _down(_names(names, order))}
    pairs, note = _pairs(names, order, note)
    return Figure(title, [cells], layout, note, pairs, height=_height(len(names)))


def matrix_with_tree(title: str, values: np.ndarray, linkage: np.ndarray, of: dict[str, Any], note: str = "") -> Figure:
    """The matrix in the order of the tree, and the tree above it, coloured by cluster.

    ``of``: ``names`` (n,), ``labels`` (n,; -1 in no cluster; None where clusters are not known), and ``height``, what
    the tree's heights are.
    """
    names, labels = of["names"], of["labels"]
    order, joints = joints_of(np.asarray(linkage, float))
    shown = _names(names, order)
    highest = tallest(joints)
    above = [*branches(highest, labels), knots(highest, names, order), leaf_points(order, names, labels)]
    traces = [_cells(values, order), *({**trace, "yaxis": "y2"} for trace in above)]
    layout = {
        "xaxis": {**_across(shown), "anchor": "y"},
        "yaxis": {**_down(shown), "domain": [0, 0.72]},
        "yaxis2": axis(of["height"], domain=[0.76, 1], rangemode="tozero", anchor="x"),
    }
    pairs, note = _pairs(names, order, thinned_note(note, len(highest), len(joints), "joints, the highest,"))
    return Figure(title, traces, layout, note, pairs, height=_height(len(names)) + 120)


def _names(names: Sequence[str], order: Sequence[int]) -> list[str]:
    return [escape(names[k], quote=False) for k in order]


def _pairs(names: Sequence[str], order: Sequence[int], note: str) -> tuple[list[str], str]:
    """What the rows of squares are called, and the note with what a square is."""
    shown, k = _names(names, order), _side(len(names))
    if k == 1:
        return shown, note
    parts = [shown[i : i + k] for i in range(0, len(shown), k)]
    called = [f"{part[0]} to {part[-1]}" if len(part) > 1 else part[0] for part in parts]
    return called, f"{note} A square is the mean of {k} × {k} pairs.".strip()


def _side(n: int) -> int:
    """Data sets along the side of a square."""
    return max(1, -(-n // MOST_CELLS))


def _height(n: int) -> int:
    """Pixels in which the names of rows do not touch, while they are shown."""
    return 400 if n <= 12 else 20 * n if n <= MOST_NAMES else 460


def _across(shown: Sequence[str]) -> dict[str, Any]:
    return {**named_axis(shown), "showgrid": False}


def _down(shown: Sequence[str]) -> dict[str, Any]:
    return {**_across(shown), "range": [len(shown) - 0.5, -0.5], "tickangle": 0}


def _cells(values: np.ndarray, order: Sequence[int]) -> dict[str, Any]:
    """The heat map; the colours span what is off the diagonal, so that small differences show."""
    chosen = np.asarray(values, float)[np.ix_(list(order), list(order))]
    k = _side(len(chosen))
    chosen = chosen if k == 1 else block_means(chosen, k)
    off = chosen[~np.eye(len(chosen), dtype=bool)]
    off = off[np.isfinite(off)]
    low, high = (float(off.min()), float(off.max())) if len(off) else (0.0, 1.0)
    where = {} if k == 1 else {"x0": (k - 1) / 2, "dx": k, "y0": (k - 1) / 2, "dy": k}
    return {
        "type": "heatmap",
        "z": np.round(chosen, 4),
        **where,
        "zmin": min(low, high - _LEAST_SPAN),
        "zmax": high,
        "colorscale": RISING,
        "colorbar": {"thickness": 12, "len": 0.7, "y": 0, "yanchor": "bottom"},
        "hovertemplate": "%{text}: %{z:.4f}<extra></extra>",
        "showlegend": False,
    }


def block_means(values: np.ndarray, k: int) -> np.ndarray:
    """Means of k x k values of (n, n), fewer at the end; nan where nothing is known.

    Without the diagonal, and without zeros, which stand for pairs that nothing is known of.
    """
    use = np.isfinite(values) & (values != 0)
    np.fill_diagonal(use, False)
    starts = np.arange(0, len(values), k)
    total, count = (
        np.add.reduceat(np.add.reduceat(a, starts, axis=0), starts, axis=1)
        for a in (np.where(use, values, 0.0), use.astype(float))
    )
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
