"""Cluster crystals by the distance of their reduced cells."""

from __future__ import annotations

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.bravais import metric_subgroups
from gnomon.maths.data_sets.cell_outliers import cell_outliers
from gnomon.maths.data_sets.trees import joins
from gnomon.maths.laue_group.common_basis import reduced_basis
from gnomon.maths.laue_group.setting import symmetrized
from gnomon.models.crystal import cell_from_a_matrix
from gnomon.models.experiment import Experiments
from gnomon.models.names import data_set_names
from gnomon.models.reflections import Reflections
from gnomon.step import Result, require_crystals
from gnomon.steps.cluster_unit_cell.cell_distance import aligned, cell_distances, cell_of_g6, g6_of_metric, metric_of_g6
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
    g6 = reduced_g6(experiments)
    distances = cell_distances(g6)
    tree, labels = _cut(distances, params)
    names = data_set_names(experiments)
    found = [_cluster(g6, distances, (k, rows), params) for k, rows in enumerate(_members(labels))]
    number = np.zeros(len(g6), int)
    for k, (cluster, _) in enumerate(found):
        number[list(cluster.members)] = k
    summary = ClusterUnitCellSummary(
        names=tuple(names),
        cells=tuple(map(tuple, cell_of_g6(g6).tolist())),
        threshold=params.threshold,
        linkage=joins(tree),
        labels=tuple(number.tolist()),
        clusters=tuple(cluster for cluster, _ in found),
        outliers=tuple(DataSetRemark(names[i], why) for _, outliers in found for i, why in outliers),
    )
    return Result(experiments, reflections, summary)


def reduced_g6(experiments: Experiments) -> np.ndarray:
    """(n, 6) Å²: the G6 vector of each crystal's Niggli-reduced primitive cell."""
    real = np.linalg.inv([reduced_basis(e.needed_crystal)[0] for e in experiments])
    return g6_of_metric(real @ real.swapaxes(1, 2))


def _cut(distances: np.ndarray, params: ClusterUnitCellParams) -> tuple[np.ndarray, np.ndarray]:
    """The tree (n - 1, 4), and (n,) the label of each crystal where it is cut at the threshold."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    tree = linkage(squareform(distances, checks=False), method=params.linkage)
    return tree, fcluster(tree, params.threshold, criterion="distance")


def _members(labels: np.ndarray) -> list[list[int]]:
    """The members of each cluster, rising; the largest cluster first, then the one that begins first."""
    groups = [np.flatnonzero(labels == label).tolist() for label in np.unique(labels)]
    return sorted(groups, key=lambda rows: (-len(rows), rows[0]))


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
