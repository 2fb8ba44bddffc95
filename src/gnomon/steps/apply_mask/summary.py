"""Which masks images use."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True)
class AppliedMask:
    """What one set of images uses from here on."""

    path: str | None = figure("the file of the mask given; none where it keeps its own")
    experiments: tuple[int, ...] = figure("numbers of the experiments on these images")
    shadowed: bool = figure("whether shadows of the goniometer are left out")


@dataclass(frozen=True, kw_only=True)
class ApplyMaskSummary(Summary):
    """What all sets of images use."""

    masks: tuple[AppliedMask, ...] = figure("one for each set of images")
