"""Data sets as points: their first dimensions, and how many dimensions were needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gnomon.maths.data_sets.embedding import DimensionTrial
from gnomon.report.html.blocks import Figure
from gnomon.report.html.figures.axes import axis
from gnomon.report.html.figures.lines import Curve, lines
from gnomon.report.html.figures.points import clustered

_NOTE = "Length: how much of a data set is signal; angle: how different two data sets are, errors apart."
_GOOD = (
    "Good: tight arms from the origin (the cross), near 1 in length; each arm a kind of crystal, or a setting. "
    "Points near "
    "the origin are mostly noise."
)


def planes(title: str, X: np.ndarray, of: Mapping[str, Any], note: str = _NOTE) -> list[Figure]:
    """The second and the third dimension of points (n, dim) against the first; ``of`` as for :func:`clustered`."""
    found = []
    for second in range(1, min(max(X.shape[1], 2), 3)):
        flat = second >= X.shape[1]
        y = np.zeros(len(X)) if flat else X[:, second]
        label = "(one dimension is enough)" if flat else f"dimension {second + 1}"
        axes = _equal_axes(X[:, 0], y, label, flat)
        found.append(
            replace(
                clustered(f"{title}: dimensions 1 and {second + 1}", np.column_stack([X[:, 0], y]), of, axes, note),
                height=420,
                good=_GOOD,
            )
        )
        note = ""
    return found


def _equal_axes(x: np.ndarray, y: np.ndarray, label: str, flat: bool) -> dict[str, Any]:
    """Axes of one scale, with the origin in sight as a cross of lines."""
    spans = [(min(0.0, float(v.min(initial=0))), max(0.0, float(v.max(initial=0)))) for v in (x, y)]
    margin = 0.06 * max(max(high - low for low, high in spans), 1e-3)
    ranges = [[low - margin, high + margin] for low, high in spans]
    cross = {"zeroline": True, "zerolinewidth": 1.5}
    return {
        "x": axis("dimension 1", range=ranges[0], **cross),
        "y": axis(label, range=ranges[1], scaleanchor="x", scaleratio=1, showticklabels=not flat, **cross),
    }


def dimensions(tried: Sequence[DimensionTrial], chosen: int) -> Figure | None:
    """What is left unexplained by number of dimensions; None where only one number was tried."""
    if len(tried) < 2:
        return None
    number, left = np.array([(one.dimensions, one.functional) for one in tried], float).T
    kind = "log" if (left > 0).all() else "linear"
    curves = [
        Curve("tried", number, left, [f"{n:.0f} dimensions" for n in number], mode="lines+markers"),
        Curve("chosen", number[number == chosen], left[number == chosen], mode="markers"),
    ]
    axes = {"x": axis("dimensions", dtick=1), "y": axis("functional: squares left over", type=kind)}
    note = f"{chosen} dimensions: more explain little that errors do not."
    return lines("How many dimensions", [c for c in curves if len(c.x)], axes, note)
