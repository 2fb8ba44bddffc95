"""What generate_distortion_maps tells of its work."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True)
class PanelDistortion:
    """By how much spots of one panel are seen off."""

    panel: int = figure("number of the panel")
    dx: tuple[float, float] = figure("least and greatest along fast", unit="px")
    dy: tuple[float, float] = figure("least and greatest along slow", unit="px")


@dataclass(frozen=True, kw_only=True)
class GenerateDistortionMapsSummary(Summary):
    """A distortion of the images."""

    mode: str = figure("translate or ellipse")
    panels: tuple[PanelDistortion, ...] = figure("one for each panel")
