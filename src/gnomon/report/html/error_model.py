"""Whether the errors are as large as they are said to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gnomon.report.html.blocks import Block, Section, Table
from gnomon.report.html.figures.axes import axis
from gnomon.report.html.figures.lines import Curve, lines
from gnomon.report.html.figures.normal_probability import normal_probability


def error_model_section(stats: Mapping[str, Any]) -> Section:
    """The normal-probability plot, the spread by intensity, and the model's terms."""
    blocks: list[Block] = []
    points = stats.get("normal_probability")
    if points and len(points["expected"]):
        note = "On the dashed line the spread of equivalents is what their sigmas say."
        blocks.append(normal_probability("Normal probability", points, note))
    spread = stats.get("error_by_intensity")
    if spread and len(spread["intensity"]):
        blocks.append(_spread(spread))
    rows = [[name, f"{value:.3g}"] for name, value in (stats.get("variance_terms") or {}).items()]
    if rows:
        blocks.append(Table("Variance, per source", ("source", "factor"), rows))
    return Section("Error model", blocks)


def _spread(spread: Mapping[str, Any]) -> Any:
    intensity = np.asarray(spread["intensity"], float)
    ends = np.array([np.nanmin(intensity), np.nanmax(intensity)])
    curves = [
        Curve("sigmas as integrated", intensity, spread["spread_before"], mode="lines+markers"),
        Curve("by the error model", intensity, spread["spread_after"], mode="lines+markers"),
        Curve("as it should be", ends, np.ones(2), dash="dash"),
    ]
    kind = "log" if (intensity > 0).all() else "linear"
    axes = {
        "x": axis("mean intensity", type=kind),
        "y": axis("r.m.s. deviate / sigma", rangemode="tozero"),
    }
    return lines("Spread of equivalents by intensity", curves, axes, "At 1 sigmas are right at every intensity.")
