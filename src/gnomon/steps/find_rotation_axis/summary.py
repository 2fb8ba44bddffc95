"""What find_rotation_axis tells of its work."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class FoundAxis:
    """The rotation axis of the experiments of one goniometer."""

    experiments: tuple[int, ...] = figure("the experiments that have the goniometer")
    azimuth_before: float = figure("azimuth of the axis before", unit="degree")
    azimuth: float = figure("azimuth found", unit="degree")
    axis: Vector = figure("direction found, in the laboratory")
    sharpness_before: float = figure("how sharply differences of spots point in few directions, before")
    sharpness: float = figure("the same with the axis found")
    sharpness_opposite: float = figure("the same with its opposite; near the other, the sense is not known")
    spots: int = figure("spots used")
    tried: tuple[tuple[float, float], ...] = figure("azimuths tried and their sharpness, azimuth rising")


@dataclass(frozen=True, kw_only=True)
class FindRotationAxisSummary(Summary):
    """Rotation axes as found."""

    axes: tuple[FoundAxis, ...] = figure("one for each goniometer")
