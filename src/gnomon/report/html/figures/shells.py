"""Figures of merit against resolution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gnomon.maths.intensities.statistics import MergingFigures
from gnomon.report.html.blocks import Figure
from gnomon.report.html.figures.axes import axis, resolution_axis
from gnomon.report.html.figures.lines import Curve, lines

Kind = tuple[str, str]
"""Name in the legend, and of the figure."""


def by_shell(
    title: str, shells: Sequence[MergingFigures], kinds: Sequence[Kind], y_axis: Mapping[str, Any], note: str = ""
) -> Figure | None:
    """A curve a figure of merit, a point a shell at its middle in 1/d^2; None where no shell has any of them."""
    s2 = middle(shells)
    hover = [f"{shell.d_max:.2f} to {shell.d_min:.2f} Å" for shell in shells]
    curves = [Curve(name, s2, _column(shells, key), hover, mode="lines+markers") for name, key in kinds]
    curves = [c for c in curves if np.isfinite(c.y).any()]
    if not curves:
        return None
    end = _column(shells, "d_min") ** -2.0
    return lines(title, curves, {"x": resolution_axis(end), "y": y_axis}, note)


def middle(shells: Sequence[MergingFigures]) -> np.ndarray:
    """(n,) 1/d^2 in the middle of each shell."""
    ends = np.array([_column(shells, "d_max"), _column(shells, "d_min")])
    return (ends**-2.0).mean(axis=0)


def _column(shells: Sequence[MergingFigures], key: str) -> np.ndarray:
    return np.array([getattr(shell, key) for shell in shells], float)


def fraction_axis(label: str) -> dict[str, Any]:
    """An axis from 0 to 1, or below 0 where the numbers go there."""
    return axis(label, rangemode="tozero")
