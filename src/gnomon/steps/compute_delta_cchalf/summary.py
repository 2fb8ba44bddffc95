"""What compute_delta_cchalf tells of its work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gnomon.summary import Summary, figure


@dataclass(frozen=True)
class PartFigures:
    """What one data set, or group of images, does to CC1/2."""

    name: str = figure("its name")
    count: int = figure("observations that are no outliers")
    rejected: float = figure("share of its observations that are outliers, 0 to 1")
    delta: float = figure("CC1/2 of all less CC1/2 without it: negative where it spoils the rest")
    error: float = figure("standard error of that")
    z: float = figure("how far that lies above the median part", unit="sigma")
    spoils: bool = figure("whether it spoils the rest, and is left out")


@dataclass(frozen=True, kw_only=True)
class ComputeDeltaCchalfSummary(Summary):
    """What each part of scaled data does to CC1/2."""

    mode: Literal["dataset", "image_group"] = figure("what the parts are")
    cc_half: float = figure("CC1/2 (sigma-tau) of all the data")
    cutoff: float = figure("how far below the median a part may lie", unit="sigma")
    parts: tuple[PartFigures, ...] = figure("one for each part, in the order of the data sets and their images")
