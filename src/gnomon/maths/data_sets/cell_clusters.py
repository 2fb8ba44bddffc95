"""Crystals of one cell: a tree of the distances between reduced cells, cut at a threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.maths.data_sets.cell_distance import cell_distances, g6_of_metric
from gnomon.maths.laue_group.common_basis import reduced_basis
from gnomon.models.experiment import Experiments


@dataclass(frozen=True, eq=False)
class CellClusters:
    """Reduced cells and how they fall into clusters."""

    g6: np.ndarray  # (n, 6) Å²
    distances: np.ndarray  # (n, n) Å²
    tree: np.ndarray  # (n - 1, 4) as scipy has it
    members: list[list[int]]  # of each cluster, rising; the largest cluster first, then the one that begins first

    @property
    def labels(self) -> np.ndarray:
        """(n,) the number of each crystal's cluster."""
        found = np.zeros(len(self.g6), int)
        for k, rows in enumerate(self.members):
            found[rows] = k
        return found


def cell_clusters(experiments: Experiments, threshold: float, linkage: str) -> CellClusters:
    """The clusters of the crystals of two or more experiments, that part at a distance of ``threshold`` (Å²)."""
    from scipy.cluster.hierarchy import fcluster
    from scipy.cluster.hierarchy import linkage as linked
    from scipy.spatial.distance import squareform

    g6 = reduced_g6(experiments)
    distances = cell_distances(g6)
    tree = linked(squareform(distances, checks=False), method=linkage)
    labels = fcluster(tree, threshold, criterion="distance")
    groups = [np.flatnonzero(labels == label).tolist() for label in np.unique(labels)]
    return CellClusters(g6, distances, tree, sorted(groups, key=lambda rows: (-len(rows), rows[0])))


def reduced_g6(experiments: Experiments) -> np.ndarray:
    """(n, 6) Å²: the G6 vector of each crystal's Niggli-reduced primitive cell."""
    real = np.linalg.inv([reduced_basis(e.needed_crystal)[0] for e in experiments])
    return g6_of_metric(real @ real.swapaxes(1, 2))
