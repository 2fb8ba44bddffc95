"""Deviates against those of a normal distribution."""

from __future__ import annotations

import numpy as np

from gnomon.report.html.blocks import Figure
from gnomon.report.html.figures.axes import axis
from gnomon.report.html.figures.lines import Curve, lines
from gnomon.steps.scale.summary import NormalProbability


def normal_probability(title: str, points: NormalProbability, note: str = "") -> Figure:
    """``observed`` against ``expected``, beside the line on which both are equal. Howell & Smith 1992."""
    expected = np.asarray(points.expected, float)
    ends = np.array([np.nanmin(expected), np.nanmax(expected)])
    curves = [
        Curve("observed", expected, points.observed, mode="markers"),
        Curve("as a normal distribution", ends, ends, dash="dash"),
    ]
    axes = {"x": axis("expected deviate / sigma"), "y": axis("observed deviate / sigma")}
    return lines(title, curves, axes, note)
