"""What missing_reflections tells of its work."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True)
class MissingRegion:
    """Reflections that are missing and neighbours of each other."""

    n: int = figure("unique reflections")
    fraction: float = figure("of all possible ones, 0 to 1")
    d_max: float = figure("lowest resolution", unit="Å")
    d_min: float = figure("highest resolution", unit="Å")


@dataclass(frozen=True, kw_only=True)
class MissingReflectionsSummary(Summary):
    """How complete data are, and where they are not."""

    space_group: str = figure("the space group")
    cell: tuple[float, ...] = figure("cell: median over crystals", unit="Å, degree")
    d_max: float = figure("low-resolution limit", unit="Å")
    d_min: float = figure("high-resolution limit", unit="Å")
    n_possible: int = figure("unique reflections there can be between the limits")
    n_missing: int = figure("of these, those never measured")
    completeness: float = figure("those measured over possible ones, 0 to 1")
    completeness_to_infinity: float = figure("the same without a low-resolution limit")
    regions: tuple[MissingRegion, ...] = figure("connected regions, largest first")
    n_regions_left_out: int = figure("regions below min_component_size")
