"""What unit_cell_histogram tells of its work."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import DataSetRemark, Summary, figure


@dataclass(frozen=True)
class CellSpread:
    """How one of a, b, c, alpha, beta, gamma is spread."""

    name: str = figure("which one")
    quartiles: tuple[float, float, float, float, float] = figure(
        "lowest, first quartile, median, third quartile, highest", unit="Å or degree"
    )
    edges: tuple[float, ...] = figure("of the bins", unit="Å or degree")
    counts: tuple[tuple[int, ...], ...] = figure("crystals in each bin, of each cluster in turn")


@dataclass(frozen=True, kw_only=True)
class UnitCellHistogramSummary(Summary):
    """The cells of many crystals."""

    names: tuple[str, ...] = figure("the crystals")
    cells: tuple[tuple[float, ...], ...] = figure("cell of each, as it is indexed", unit="Å, degree")
    labels: tuple[int, ...] = figure("number of each crystal's cluster, the largest first")
    spreads: tuple[CellSpread, ...] = figure("a, b, c, alpha, beta, gamma")
    outliers: tuple[DataSetRemark, ...] = figure("crystals whose cell stands apart")
