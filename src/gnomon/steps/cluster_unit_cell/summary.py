"""What cluster_unit_cell tells of its work."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.maths.data_sets.trees import Join
from gnomon.summary import DataSetRemark, Summary, figure


@dataclass(frozen=True, kw_only=True)
class CellCluster:
    """Crystals of one cell."""

    name: str = figure("cluster_0, the greatest, and so on")
    members: tuple[int, ...] = figure("its crystals by number, rising")
    cell: tuple[float, ...] = figure("median reduced a, b, c, alpha, beta, gamma", unit="Å, degree")
    sd: tuple[float, ...] = figure("their standard deviations among the crystals", unit="Å, degree")
    lattice: str = figure("the highest lattice that the median cell allows, as a space group")
    lattice_cell: tuple[float, ...] = figure("its conventional cell", unit="Å, degree")
    delta: float = figure("how far the median cell is from it", unit="degree")


@dataclass(frozen=True, kw_only=True)
class ClusterUnitCellSummary(Summary):
    """Which crystals have one cell."""

    names: tuple[str, ...] = figure("the crystals")
    cells: tuple[tuple[float, ...], ...] = figure("reduced cell of each", unit="Å, degree")
    threshold: float = figure("distance of cells where the tree was cut", unit="Å²")
    linkage: tuple[Join, ...] = figure("tree by the distance of cells")
    labels: tuple[int, ...] = figure("number of each crystal's cluster")
    clusters: tuple[CellCluster, ...] = figure("the greatest first")
    outliers: tuple[DataSetRemark, ...] = figure("crystals whose cell is apart from the others of their cluster")
