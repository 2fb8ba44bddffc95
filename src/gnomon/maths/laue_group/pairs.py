"""Merged reflections of point group -1, and the pairs that an operator makes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Merged:
    """Unique reflections under -1, sorted by key: index (N, 3), E² and its sigma; observations of each."""

    hkl: np.ndarray
    e2: np.ndarray
    sigma: np.ndarray
    count: np.ndarray
    key: np.ndarray
    span: int


def _keys(hkl: np.ndarray, span: int) -> np.ndarray:
    """(N,) a number that h and -h share."""
    packed = (hkl[:, 0].astype(np.int64) * span + hkl[:, 1]) * span + hkl[:, 2]
    return np.abs(packed)


def merged(hkl: np.ndarray, e2: np.ndarray, sigma: np.ndarray) -> Merged:
    """Observations (N, 3), (N,), (N,) averaged over h and -h with weights 1/sigma²."""
    span = 8 * int(np.abs(hkl).max(initial=1)) + 1  # operators with elements up to 2 stay within
    key, first, inverse, count = np.unique(_keys(hkl, span), return_index=True, return_inverse=True, return_counts=True)
    weight = 1 / sigma**2
    total = np.bincount(inverse, weight)
    mean = np.bincount(inverse, weight * e2) / total
    return Merged(hkl[first], mean, total**-0.5, count, key, span)


def partners(data: Merged, W: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows i and j, each pair once, with h_j = ± h_i W."""
    image = _keys(data.hkl @ W, data.span)
    at = np.minimum(np.searchsorted(data.key, image), len(data.key) - 1)
    i = np.flatnonzero((data.key[at] == image) & (at != np.arange(len(at))))
    j = at[i]
    pair = np.unique(np.minimum(i, j) * len(at) + np.maximum(i, j))
    return np.divmod(pair, len(at))


def repeated(hkl: np.ndarray, e2: np.ndarray, sigma: np.ndarray) -> tuple[np.ndarray, ...]:
    """E² and sigma of successive observations of one reflection under -1: (x, y, sigma x, sigma y)."""
    span = 2 * int(np.abs(hkl).max(initial=1)) + 1
    key = _keys(hkl, span)
    order = np.argsort(key, kind="stable")
    first, second = order[:-1], order[1:]
    same = key[first] == key[second]
    i, j = first[same], second[same]
    return e2[i], e2[j], sigma[i], sigma[j]


def weighted_correlation(x: np.ndarray, y: np.ndarray, sigma_x: np.ndarray, sigma_y: np.ndarray) -> tuple[float, float]:
    """Correlation of pairs, alike under exchange of x and y, and the effective number of pairs.

    Weights 1 / (1 + sigma_x² + sigma_y²): one is the spread of E² itself, so strong data weigh alike.
    """
    if len(x) < 2:
        return 0.0, float(len(x))
    w = 1 / (1 + sigma_x**2 + sigma_y**2)
    total = w.sum()
    mean = (w @ (x + y)) / (2 * total)
    variance = (w @ ((x - mean) ** 2 + (y - mean) ** 2)) / (2 * total)
    covariance = (w @ ((x - mean) * (y - mean))) / total
    effective = float(total**2 / (w @ w))
    return (float(covariance / variance) if variance > 0 else 0.0), effective
