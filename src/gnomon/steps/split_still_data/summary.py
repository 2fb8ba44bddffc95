"""What a group of stills holds."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True, kw_only=True)
class SplitStillDataSummary(Summary):
    """One group."""

    names: tuple[str, ...] = figure("what it was grouped by")
    values: tuple[float, ...] = figure("mean of each over its images")
    members: tuple[int, ...] = figure("numbers of its experiments in the list that was split")
    n_reflections: int = figure("its reflections")
