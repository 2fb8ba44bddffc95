"""Whether the errors are as large as they are said to be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gnomon.report.html.blocks import Block, Figure, Section, Table
from gnomon.report.html.figures.axes import axis
from gnomon.report.html.figures.lines import Curve, lines
from gnomon.report.html.figures.normal_probability import normal_probability
from gnomon.steps.scale.summary import ScaleSummary, SpreadAtIntensity


def error_model_section(summary: ScaleSummary) -> Section:
    """The normal-probability plot, the spread by intensity, and the model's terms."""
    blocks: list[Block] = []
    points = summary.normal_probability
    if points.expected:
        note = "On the dashed line the spread of equivalents is what their sigmas say."
        blocks.append(normal_probability("Normal probability", points, note))
    if summary.error_by_intensity:
        blocks.append(_spread(summary.error_by_intensity))
    rows = [[name, f"{value:.3g}"] for name, value in summary.variance_terms.items()]
    if rows:
        blocks.append(Table("Variance, per source", ("source", "factor"), rows))
    return Section("Error model", blocks)


def _spread(ranges: Sequence[SpreadAtIntensity]) -> Figure:
    intensity, before, after = np.array([(r.intensity, r.before, r.after) for r in ranges], float).T
    ends = np.array([np.nanmin(intensity), np.nanmax(intensity)])
    curves = [
        Curve("sigmas as integrated", intensity, before, mode="lines+markers"),
        Curve("by the error model", intensity, after, mode="lines+markers"),
        Curve("as it should be", ends, np.ones(2), dash="dash"),
    ]
    kind = "log" if (intensity > 0).all() else "linear"
    axes = {
        "x": axis("mean intensity", type=kind),
        "y": axis("r.m.s. deviate / sigma", rangemode="tozero"),
    }
    return lines("Spread of equivalents by intensity", curves, axes, "At 1 sigmas are right at every intensity.")
