"""What filters took."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True)
class Taken:
    """What one filter took."""

    what: str = figure("which reflections, in words")
    reflections: int = figure("how many that the filters before had left")


@dataclass(frozen=True, kw_only=True)
class FilterReflectionsSummary(Summary):
    """What all filters took."""

    given: int = figure("reflections given")
    kept: int = figure("reflections left")
    taken: tuple[Taken, ...] = figure("one for each filter, in their order")
