"""Which nodes of a graph hang together."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def connected_sets(first: np.ndarray, second: np.ndarray, n: int) -> np.ndarray:
    """(n,) the number, from 0, of the set that each node is in; edges (m,) join nodes ``first`` and ``second``."""
    ends = first.astype(np.int32), second.astype(np.int32)  # scipy 1.11 takes no others
    edges = coo_array((np.ones(len(first), np.int8), ends), shape=(n, n))
    return np.asarray(connected_components(edges, directed=False)[1])
