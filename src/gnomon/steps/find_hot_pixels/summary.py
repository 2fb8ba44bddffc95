"""What find_hot_pixels found."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.maths.images.listed_pixels import PixelList
from gnomon.summary import Summary, figure


@dataclass(frozen=True)
class HotPixelSet:
    """The hot pixels of one set of images."""

    experiment: int = figure("number of the first experiment on these images")
    spots: int = figure("spots looked at")
    hot: PixelList = figure("pixels that are strong on most images")


@dataclass(frozen=True, kw_only=True)
class FindHotPixelsSummary(Summary):
    """The hot pixels of all sets of images."""

    sets: tuple[HotPixelSet, ...] = figure("one for each set of images")
