"""Clusters that OPTICS sees in the coordinates.

Ankerst et al. 1999, SIGMOD Rec. 28, 49; for data sets Thompson et al. 2025, Acta Cryst. D81, 278. It proposes: a
density method finds clusters in noise too.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from gnomon.steps.correlation_matrix.params import CorrelationMatrixParams

_FEWEST = 5
_MOST_POINTS = 50
_TRIALS = 4


@dataclass(frozen=True, eq=False)
class Density:
    """(n,) reachability, ordering, and label of each point, -1 of none; neighbours used, and the score by which."""

    reachability: np.ndarray
    ordering: np.ndarray
    labels: np.ndarray
    min_points: int
    score: float


def density_clusters(X: np.ndarray, params: CorrelationMatrixParams) -> Density:
    """OPTICS of points (n, dim), with the number of neighbours that has the best silhouette.

    With fewer than five points: all in one cluster, reachability the distance to the nearest.
    """
    n = len(X)
    if n < _FEWEST:
        gaps = np.linalg.norm(X[:, None] - X[None], axis=2) + np.diag(np.full(n, np.inf))
        return Density(gaps.min(axis=1), np.arange(n), np.zeros(n, np.intp), n, 0.0)
    found = [_optics(X, m, params) for m in _neighbours(n, params)]
    return max(found, key=lambda f: f.score)


def _neighbours(n: int, params: CorrelationMatrixParams) -> list[int]:
    """Numbers of neighbours that are tried, evenly from the least to n or 50."""
    least = min(params.min_points, n)
    if not params.optimise_input:
        return [least]
    return sorted({int(m) for m in np.linspace(least, min(n, _MOST_POINTS), _TRIALS)})


def _optics(X: np.ndarray, min_points: int, params: CorrelationMatrixParams) -> Density:
    from sklearn.cluster import OPTICS

    with warnings.catch_warnings():  # points beyond max_distance have infinite reachability, which it warns of
        warnings.simplefilter("ignore")
        fitted: Any = OPTICS(min_samples=min_points, max_eps=params.max_distance, xi=params.xi).fit(X)
    labels = np.asarray(fitted.labels_, np.intp)
    return Density(fitted.reachability_, fitted.ordering_, labels, min_points, _score(X, labels, params))


def _score(X: np.ndarray, labels: np.ndarray, params: CorrelationMatrixParams) -> float:
    """Mean silhouette (Rousseeuw 1987, J. Comput. Appl. Math. 20, 53) times 1 - alpha (share in no cluster)^gamma."""
    from sklearn.metrics import silhouette_score

    clustered = labels >= 0
    kinds = len(np.unique(labels[clustered]))
    if not 1 < kinds < clustered.sum():
        return -1.0
    noise = 1 - clustered.mean()
    return float(silhouette_score(X[clustered], labels[clustered]) * (1 - params.alpha * noise**params.gamma))
