"""Matrices of data sets against data sets, in the order of their tree, with the tree above."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from gnomon.report.html.blocks import Figure
from gnomon.report.html.colours import RISING
from gnomon.report.html.figures.axes import MOST_NAMES, axis, named_axis
from gnomon.report.html.figures.tree import branches, joints_of, knots, leaf_points

_LEAST_SPAN = 0.01
"""Of the colours: below, all are alike."""


def matrix(
    title: str, values: np.ndarray, names: Sequence[str], *, order: Sequence[int] | None = None, note: str = ""
) -> Figure:
    """A square a pair of data sets; both names on hover."""
    order = range(len(names)) if order is None else order
    shown = [escape(names[k], quote=False) for k in order]
    layout = {"xaxis": _across(shown), "yaxis": _down(shown)}
    return Figure(title, [_cells(values, order)], layout, note, shown, height=_height(len(names)))


def matrix_with_tree(title: str, values: np.ndarray, linkage: np.ndarray, of: dict[str, Any], note: str = "") -> Figure:
    """The matrix in the order of the tree, and the tree above it, coloured by cluster.

    ``of``: ``names`` (n,), ``labels`` (n,; -1 in no cluster; None where clusters are not known), and ``height``, what
    the tree's heights are.
    """
    names, labels = of["names"], of["labels"]
    order, joints = joints_of(np.asarray(linkage, float))
    shown = [escape(names[k], quote=False) for k in order]
    above = [*branches(joints, labels), knots(joints, names), leaf_points(order, names, labels)]
    traces = [_cells(values, order), *({**trace, "yaxis": "y2"} for trace in above)]
    layout = {
        "xaxis": {**_across(shown), "anchor": "y"},
        "yaxis": {**_down(shown), "domain": [0, 0.72]},
        "yaxis2": axis(of["height"], domain=[0.76, 1], rangemode="tozero", anchor="x"),
    }
    return Figure(title, traces, layout, note, shown, height=_height(len(names)) + 120)


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
    off = chosen[~np.eye(len(chosen), dtype=bool)]
    off = off[np.isfinite(off)]
    low, high = (float(off.min()), float(off.max())) if len(off) else (0.0, 1.0)
    return {
        "type": "heatmap",
        "z": np.round(chosen, 4),
        "zmin": min(low, high - _LEAST_SPAN),
        "zmax": high,
        "colorscale": RISING,
        "colorbar": {"thickness": 12, "len": 0.7, "y": 0, "yanchor": "bottom"},
        "hovertemplate": "%{text}: %{z:.4f}<extra></extra>",
        "showlegend": False,
    }
