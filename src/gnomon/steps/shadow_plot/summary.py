"""What the goniometer hides of images."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True)
class SweepShadows:
    """The images of one sweep that were looked at, one value an image."""

    experiment: int = figure("number of the first experiment on these images")
    image: tuple[int, ...] = figure("numbers of the images")
    angle: tuple[float, ...] = figure("angle of rotation at the middle of each", unit="degree")
    shaded: tuple[float, ...] = figure("share of all pixels in shadow")
    inside: tuple[float | None, ...] = figure(
        "how bright the shadow is, over the same resolution in light; none where there are no such pixels"
    )
    outside: tuple[float | None, ...] = figure("the same of the strip outside its edge")


@dataclass(frozen=True, kw_only=True)
class ShadowPlotSummary(Summary):
    """What is hidden of all images."""

    rim: int = figure("width of the strip outside a shadow's edge", unit="px")
    sweeps: tuple[SweepShadows, ...] = figure("one for each set of images")
