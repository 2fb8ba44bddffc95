"""What complete_full_sphere recommends."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True)
class FurtherScan:
    """A scan that is recommended."""

    angles: tuple[float, ...] = figure("of each axis from the crystal outwards, where the scan begins", unit="degree")
    width: float = figure("rotation of the scan", unit="degree")
    gain: float = figure("part of the sphere that it adds, 0 to 1")
    completeness: float = figure("part of the sphere that is recorded by then, 0 to 1")


@dataclass(frozen=True, kw_only=True)
class CompleteFullSphereSummary(Summary):
    """Which part of the sphere is recorded, and by which scans more of it is."""

    d_min: float = figure("resolution of the sphere", unit="Å")
    unique: bool = figure("whether equivalent reflections count as one")
    completeness: float = figure("part of the sphere that the scans given record, 0 to 1")
    names: tuple[str, ...] = figure("names of the goniometer's axes from the crystal outwards")
    scan_axis: int = figure("which of them turns")
    scans: tuple[FurtherScan, ...] = figure("further scans, one after the other")
    reachable: float = figure("part that full turns at all angles that were tried record together, 0 to 1")
