"""What stereographic_projection tells of its work."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True)
class ProjectedCrystal:
    """The directions of one crystal, one value each."""

    experiment: int = figure("number of its experiment")
    name: str = figure("name of its data set")
    hkl: tuple[tuple[int, int, int], ...] = figure("the index, of it and its opposite the one on the side that is seen")
    x: tuple[float, ...] = figure("to the right, -1 to 1")
    y: tuple[float, ...] = figure("up, -1 to 1")


@dataclass(frozen=True, kw_only=True)
class StereographicProjectionSummary(Summary):
    """Directions on the disc: the pole in its middle, what is at right angles to it on the circle of radius 1."""

    frame: str = figure("laboratory or crystal")
    pole: str = figure("what is in the middle")
    crystals: tuple[ProjectedCrystal, ...] = figure("one for each crystal")
