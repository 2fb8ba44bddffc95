"""What estimate_resolution tells of its work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gnomon.maths.intensities.statistics import MergingFigures
from gnomon.summary import Summary, figure

Why = Literal["", "end", "nowhere", "unknown"]


@dataclass(frozen=True)
class ResolutionLimit:
    """To where one figure of merit is as good as was asked."""

    asked: float = figure("the value asked for")
    d: float | None = figure("where the figure falls to it; none where it does so nowhere", unit="Å")
    why: Why = figure(
        "why it does so nowhere: good to the end of the data, good nowhere, or unknown for too few shells"
    )


@dataclass(frozen=True, kw_only=True)
class EstimateResolutionSummary(Summary):
    """How far scaled data reach."""

    limits: Mapping[str, ResolutionLimit] = figure("one for each figure of merit asked for, by its parameter")
    data_d_min: float = figure("where the data end", unit="Å")
    d_min: float = figure("the lowest of the limits; the end of the data where there is none", unit="Å")
    shells: tuple[MergingFigures, ...] = figure("merging statistics in shells of equal numbers, low resolution first")
