"""Trees of data sets: which are joined, at what height."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from gnomon.report.html.blocks import Figure
from gnomon.report.html.colours import COLOURS, NO_CLUSTER, cluster_name, colour_of
from gnomon.report.html.figures.axes import axis, named_axis
from gnomon.report.html.figures.thinned import spread

MOST_JOINTS = 400
"""That are drawn in a tree."""


@dataclass(frozen=True)
class Joint:
    """Where two branches meet: the positions and heights of both, the height of the joint, and the leaves below."""

    positions: tuple[float, float]
    heights: tuple[float, float]
    height: float
    leaves: tuple[int, ...]


def joints_of(linkage: np.ndarray) -> tuple[list[int], list[Joint]]:
    """The leaves in an order in which no branches cross, and the n - 1 joints in the order of ``linkage``.

    linkage: (n - 1, 4) as scipy's: the two that are joined (below n leaves, else joint n + i), height, leaves.
    """
    n = len(linkage) + 1
    below: list[tuple[int, ...]] = [(i,) for i in range(n)]
    for a, b, *_ in linkage:
        below.append(below[int(a)] + below[int(b)])
    order = list(below[-1])
    place: list[float] = [0.0] * n
    for position, leaf in enumerate(order):
        place[leaf] = float(position)
    height = [0.0] * n
    joints = []
    for i, (a, b, top, *_) in enumerate(linkage):
        left, right = int(a), int(b)
        joints.append(Joint((place[left], place[right]), (height[left], height[right]), float(top), below[n + i]))
        place.append((place[left] + place[right]) / 2)
        height.append(float(top))
    return order, joints


def tallest(joints: Sequence[Joint], most: int = MOST_JOINTS) -> list[Joint]:
    """The joints that are seen best, in their order: of very many the highest."""
    if len(joints) <= most:
        return list(joints)
    chosen = np.argsort([-j.height for j in joints], kind="stable")[:most]
    return [joints[k] for k in np.sort(chosen)]


def branches(joints: Sequence[Joint], labels: Sequence[int] | None) -> list[dict[str, Any]]:
    """A trace a colour: branches above data sets of one cluster have its colour, others (all without labels) grey."""
    drawn: dict[int | None, tuple[list[float | None], list[float | None]]] = {}
    for joint in joints:
        found = {int(labels[k]) for k in joint.leaves} if labels is not None else set()
        label = found.pop() if len(found) == 1 else None
        x, y = drawn.setdefault(label, ([], []))
        (a, b), (low_a, low_b) = joint.positions, joint.heights
        x += [a, a, b, b, None]
        y += [low_a, joint.height, joint.height, low_b, None]
    return [_branch(label, x, y) for label, (x, y) in sorted(drawn.items(), key=lambda item: item[0] is None)]


def _branch(label: int | None, x: list[float | None], y: list[float | None]) -> dict[str, Any]:
    colour = NO_CLUSTER if label is None else colour_of(label)
    name = "" if label is None else cluster_name(label)
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "name": name,
        "showlegend": label is not None,
        "line": {"color": colour, "width": 1.5},
        "hoverinfo": "skip",
    }


def knots(joints: Sequence[Joint], names: Sequence[str], order: Sequence[int]) -> dict[str, Any]:
    """Small points at the joints; hover names the data sets below.

    ``meta``: all names in the order of the axis; ``customdata``: first and last place below each joint.
    """
    place = {leaf: i for i, leaf in enumerate(order)}
    below = [[place[k] for k in j.leaves] for j in joints]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [sum(j.positions) / 2 for j in joints],
        "y": [j.height for j in joints],
        "text": [_below(j, names) for j in joints],
        "customdata": [[min(places), max(places)] for places in below],
        "meta": [names[k] for k in order],
        "showlegend": False,
        "marker": {"size": 4, "color": NO_CLUSTER},
        "hovertemplate": "joined at %{y:.4~g}: %{text}<extra></extra>",
    }


def _below(joint: Joint, names: Sequence[str], most: int = 8) -> str:
    shown = [escape(names[k], quote=False) for k in joint.leaves[:most]]
    more = len(joint.leaves) - len(shown)
    return f"{len(joint.leaves)} data sets<br>" + "<br>".join(shown) + (f"<br>and {more} more" if more else "")


def leaf_points(order: Sequence[int], names: Sequence[str], labels: Sequence[int] | None) -> dict[str, Any]:
    """A point at the foot of each branch, with the name and cluster (where labels are known) on hover."""
    rows = spread(len(order), MOST_JOINTS)
    order = [order[k] for k in rows]
    shown = [escape(names[k], quote=False) for k in order]
    if labels is not None:
        shown = [f"{name}, {cluster_name(int(labels[k]))}" for name, k in zip(shown, order)]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": rows,
        "y": [0.0] * len(order),
        "text": shown,
        "showlegend": False,
        "marker": {"size": 7, "color": [COLOURS[0] if labels is None else colour_of(int(labels[k])) for k in order]},
        "cliponaxis": False,
        "hovertemplate": "%{text}<extra></extra>",
    }


def tree(title: str, linkage: np.ndarray, names: Sequence[str], labels: Sequence[int], y_label: str) -> Figure:
    """The tree alone."""
    order, joints = joints_of(np.asarray(linkage, float))
    highest = tallest(joints)
    traces = [*branches(highest, labels), knots(highest, names, order), leaf_points(order, names, labels)]
    shown = [escape(names[k], quote=False) for k in order]
    layout = {"xaxis": {**named_axis(shown), "showgrid": False}, "yaxis": axis(y_label, rangemode="tozero")}
    return Figure(title, traces, layout, wide=True, height=380)
