"""What a part of a split list holds."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True, kw_only=True)
class SplitExperimentsSummary(Summary):
    """One part."""

    members: tuple[int, ...] = figure("numbers of its experiments in the list that was split")
    n_reflections: int = figure("its reflections")
