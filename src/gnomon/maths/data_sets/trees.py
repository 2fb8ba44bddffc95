"""Hierarchical trees of data sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.summary import figure


@dataclass(frozen=True)
class Join:
    """Two branches of a tree that become one; a branch below n is a data set, n + k what the k-th join made."""

    first: int = figure("number of one branch")
    second: int = figure("number of the other")
    height: float = figure("distance at which they join")
    size: int = figure("data sets in what they make")


def joins(linkage: np.ndarray) -> tuple[Join, ...]:
    """The rows of a tree (n - 1, 4) as scipy has it."""
    return tuple(Join(int(a), int(b), height, int(size)) for a, b, height, size in np.asarray(linkage).tolist())


def linkage_of(tree: Sequence[Join]) -> np.ndarray:
    """(n - 1, 4) the tree as scipy has it."""
    rows = [(join.first, join.second, join.height, join.size) for join in tree]
    return np.array(rows, float).reshape(-1, 4)


def tree(similarity: np.ndarray, method: str) -> np.ndarray:
    """(n - 1, 4) joins, as scipy has them, by the distance 1 - similarity (n, n)."""
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import squareform

    distance = 1 - (similarity + similarity.T) / 2
    np.fill_diagonal(distance, 0.0)
    return np.asarray(linkage(squareform(np.maximum(distance, 0.0), checks=False), method))
