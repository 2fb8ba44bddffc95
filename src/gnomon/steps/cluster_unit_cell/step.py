"""Cluster crystals by the distance of their reduced cells."""

from __future__ import annotations

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.bravais import metric_subgroups
from gnomon.maths.data_sets.cell_clusters import cell_clusters
from gnomon.maths.data_sets.cell_distance import aligned, cell_of_g6, metric_of_g6
from gnomon.maths.data_sets.cell_outliers import cell_outliers
from gnomon.maths.data_sets.trees import joins
from gnomon.maths.laue_group.setting import symmetrized
from gnomon.models.crystal import cell_from_a_matrix
from gnomon.models.experiment import Experiments
from gnomon.models.names import data_set_names
from gnomon.models.reflections import Reflections
from gnomon.step import Result, require_crystals
from gnomon.steps.cluster_unit_cell.params import ClusterUnitCellParams
from gnomon.steps.cluster_unit_cell.summary import CellCluster, ClusterUnitCellSummary
from gnomon.summary import DataSetRemark


def cluster_unit_cell(
    experiments: Experiments,
    reflections: Reflections,
    params: ClusterUnitCellParams,
) -> Result[ClusterUnitCellSummary]:
    """The experiments and reflections as they were; the summary holds the tree and the clusters, the largest first.

    Raises InputError for fewer than two crystals, or experiments without one.
    """
    require_crystals("cluster_unit_cell", experiments)
    if len(experiments) < 2:
        raise InputError(
            f"cluster_unit_cell was given {len(experiments)} crystals, needed two or more; give more files"
        )
    clusters = cell_clusters(experiments, params.threshold, params.linkage)
    names = data_set_names(experiments)
    found = [_cluster(clusters.g6, clusters.distances, (k, rows), params) for k, rows in enumerate(clusters.members)]
    summary = ClusterUnitCellSummary(
        names=tuple(names),
        cells=tuple(map(tuple, cell_of_g6(clusters.g6).tolist())),
        threshold=params.threshold,
        linkage=joins(clusters.tree),
        labels=tuple(clusters.labels.tolist()),
        clusters=tuple(cluster for cluster, _ in found),
        outliers=tuple(DataSetRemark(names[i], why) for _, outliers in found for i, why in outliers),
    )
    return Result(experiments, reflections, summary)


def _cluster(
    g6: np.ndarray, distances: np.ndarray, numbered: tuple[int, list[int]], params: ClusterUnitCellParams
) -> tuple[CellCluster, list[tuple[int, str]]]:
    """The k-th cluster (``numbered``: k and its members), and which of its cells stand apart, with the reason."""
    k, rows = numbered
    centre = rows[int(distances[np.ix_(rows, rows)].sum(axis=1).argmin())]
    together = aligned(g6[rows], g6[centre])
    cells = cell_of_g6(together)
    lattice, cell, delta = _lattice(np.median(together, axis=0), params.max_delta)
    outlier, reasons = cell_outliers(cells)
    cluster = CellCluster(
        name=f"cluster_{k}",
        members=tuple(rows),
        cell=tuple(np.median(cells, axis=0).tolist()),
        sd=tuple(cells.std(axis=0).tolist()),
        lattice=lattice,
        lattice_cell=cell,
        delta=delta,
    )
    return cluster, [(rows[i], reasons[i]) for i in np.flatnonzero(outlier)]


def _lattice(g6: np.ndarray, max_delta: float) -> tuple[str, tuple[float, ...], float]:
    """The lattice of highest symmetry that a reduced cell allows: its name, conventional cell and misfit (degrees)."""
    A = np.linalg.inv(np.linalg.cholesky(metric_of_g6(g6)))
    best = metric_subgroups(A, max_delta)[0]
    ideal = symmetrized(A @ np.linalg.inv(best.P).T, best.group.xhm())
    return best.group.xhm(), tuple(cell_from_a_matrix(ideal).tolist()), float(best.misfit)
