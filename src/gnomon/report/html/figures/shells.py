"""Figures of merit against resolution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gnomon.report.html.blocks import Figure
from gnomon.report.html.figures.axes import axis, resolution_axis
from gnomon.report.html.figures.lines import Curve, lines

Kind = tuple[str, str]
"""Name in the legend, key in the shells."""


def by_shell(
    title: str, shells: Mapping[str, Any], kinds: Sequence[Kind], y_axis: Mapping[str, Any], note: str = ""
) -> Figure | None:
    """A curve a figure of merit, a point a shell at its middle in 1/d^2; None where no shell has any of them."""
    s2 = middle(shells)
    hover = [f"{a:.2f} to {b:.2f} Å" for a, b in zip(shells["d_max"], shells["d_min"])]
    curves = [Curve(name, s2, _finite(shells[key]), hover, mode="lines+markers") for name, key in kinds]
    curves = [c for c in curves if np.isfinite(c.y).any()]
    if not curves:
        return None
    end = np.asarray(shells["d_min"], float) ** -2.0
    return lines(title, curves, {"x": resolution_axis(end), "y": y_axis}, note)


def middle(shells: Mapping[str, Any]) -> np.ndarray:
    """(n,) 1/d^2 in the middle of each shell."""
    ends = np.asarray([shells["d_max"], shells["d_min"]], float)
    return (ends**-2.0).mean(axis=0)


def _finite(values: Sequence[float]) -> np.ndarray:
    return np.asarray(values, float)


def fraction_axis(label: str) -> dict[str, Any]:
    """An axis from 0 to 1, or below 0 where the numbers go there."""
    return axis(label, rangemode="tozero")
