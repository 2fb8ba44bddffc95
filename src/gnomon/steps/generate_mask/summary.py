"""What masks leave out."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True)
class MaskSummary:
    """The mask of one set of images."""

    experiments: tuple[int, ...] = figure("numbers of the experiments on these images")
    pixels: int = figure("pixels of the detector")
    used: int = figure("pixels that may be used")


@dataclass(frozen=True, kw_only=True)
class GenerateMaskSummary(Summary):
    """The masks of all sets of images."""

    sets: tuple[MaskSummary, ...] = figure("one for each set of images")
