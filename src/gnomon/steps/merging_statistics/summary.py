"""What merging_statistics tells of its work."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.maths.intensities.anomalous_signal import AnomalousSignal
from gnomon.maths.intensities.statistics import MergingFigures
from gnomon.summary import Summary, figure


@dataclass(frozen=True, kw_only=True)
class MergingStatisticsSummary(Summary):
    """How well scaled observations agree."""

    space_group: str = figure("the space group in which they were merged")
    cell: tuple[float, ...] = figure("cell: median over crystals", unit="Å, degree")
    n_rejected: int = figure("observations that scaling left out")
    shells: tuple[MergingFigures, ...] = figure("merging statistics by resolution, low first")
    overall: MergingFigures = figure("merging statistics of all the data")
    anomalous_signal: AnomalousSignal = figure("differences of I(+) and I(-)")
    suggested_d_min: float | None = figure("where CC1/2 falls to 0.3; none where it does not", unit="Å")
