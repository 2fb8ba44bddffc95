"""What plot_scan_varying_model tells of its work."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure

Values = tuple[float, ...]


@dataclass(frozen=True)
class VaryingModel:
    """The models of one experiment at each scan point: the edges of images, one more than these."""

    experiment: int = figure("number of the experiment")
    image: Values = figure("scan points, in images: 0 where the first begins")
    angle: Values = figure("scan points", unit="degree")
    cell: tuple[Values, ...] = figure("a, b, c, alpha, beta, gamma, each at all points; none where it does not vary",
                                      unit="Å, degree")  # fmt: skip
    volume: Values = figure("cell volume; none where it does not vary", unit="Å³")
    orientation: tuple[Values, ...] = figure(
        "turns about e1, e2, e3, each at all points; none where it does not vary", unit="degree"
    )
    beam_centre: tuple[Values, ...] = figure(
        "beam centre, fast and slow, at all points; none where it does not vary", unit="px"
    )


@dataclass(frozen=True, kw_only=True)
class PlotScanVaryingModelSummary(Summary):
    """Models along the scan."""

    models: tuple[VaryingModel, ...] = figure("of each experiment with a scan")
    relative: bool = figure("whether turns are from the mean orientation")
