"""How a crystal can be brought into line."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True)
class Setting:
    """Angles of the goniometer, and what they bring into line."""

    primary: tuple[str, ...] = figure("the first vector; several where symmetry, or the angles, make them one")
    secondary: tuple[str, ...] = figure("the second vector that goes with each")
    angles: tuple[float, ...] = figure("of each axis from the crystal outwards", unit="degree")


@dataclass(frozen=True)
class AxisAngles:
    """How an axis of the instrument lies to those of the crystal, with all angles of the goniometer at 0."""

    axis: str = figure("name of the axis, or beam")
    reciprocal: tuple[float, ...] = figure("angles to a*, b* and c*, 0 to 90", unit="degree")
    direct: tuple[float, ...] = figure("angles to a, b and c, 0 to 90", unit="degree")


@dataclass(frozen=True, kw_only=True)
class AlignCrystalSummary(Summary):
    """The settings of one crystal on its goniometer."""

    experiment: int = figure("number of the experiment")
    names: tuple[str, ...] = figure("names of the axes from the crystal outwards")
    axes: tuple[tuple[float, ...], ...] = figure("these axes at zero of the goniometer")
    now: tuple[float, ...] = figure("the angles now", unit="degree")
    scan_axis: int = figure("which of them turns during the scan")
    angles: tuple[AxisAngles, ...] = figure("how axes lie to those of the crystal at zero of the goniometer")
    settings: tuple[Setting, ...] = figure("the settings, smaller angles of the middle axis first")
    n_out_of_reach: int = figure("pairs of vectors that no setting brings into line")
