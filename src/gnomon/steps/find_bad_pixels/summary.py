"""What find_bad_pixels found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gnomon.maths.images.listed_pixels import PixelList
from gnomon.summary import Summary, figure


@dataclass(frozen=True)
class BadPixelSet:
    """The bad pixels of one set of images."""

    experiment: int = figure("number of the first experiment on these images")
    images: int = figure("images looked at")
    found: Mapping[str, PixelList] = figure("bad pixels by kind: no data, hot, dead and warm")


@dataclass(frozen=True, kw_only=True)
class FindBadPixelsSummary(Summary):
    """The bad pixels of all sets of images."""

    sets: tuple[BadPixelSet, ...] = figure("one for each set of images")
