"""What rs_mapper tells of its work."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True, kw_only=True)
class RsMapperSummary(Summary):
    """A map of reciprocal space."""

    max_resolution: float = figure("where the map ends", unit="Å")
    grid_size: int = figure("points along each edge")
    step: float = figure("between points", unit="1/Å")
    images: int = figure("images in it")
    pixels: int = figure("pixels of all images in it")
    seen: float = figure("share of the points that any pixel fell on, 0 to 1")
    highest: float = figure("highest value: the mean counts of the pixels at a point")
