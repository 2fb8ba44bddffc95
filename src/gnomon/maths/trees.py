"""Hierarchical trees of data sets."""

from __future__ import annotations

import numpy as np


def tree(similarity: np.ndarray, method: str) -> np.ndarray:
    """(n - 1, 4) joins, as scipy has them, by the distance 1 - similarity (n, n)."""
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import squareform

    distance = 1 - (similarity + similarity.T) / 2
    np.fill_diagonal(distance, 0.0)
    return np.asarray(linkage(squareform(np.maximum(distance, 0.0), checks=False), method))
