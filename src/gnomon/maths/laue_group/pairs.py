"""Merged reflections of point group -1, and the pairs that an operator makes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Merged:
    """Unique reflections under -1, sorted by key: index (N, 3), E² and its sigma.

    ``noise``: (N,) the variance of E² by counting alone; ``sigma`` allows for what scaling would correct, too.
    ``share``: (N,) the part of one observation's error of scale that the mean of a reflection's observations has.
    """

    hkl: np.ndarray
    e2: np.ndarray
    sigma: np.ndarray
    noise: np.ndarray
    share: np.ndarray
    key: np.ndarray
    span: int


def _keys(hkl: np.ndarray, span: int) -> np.ndarray:
    """(N,) a number that h and -h share."""
    packed = (hkl[:, 0].astype(np.int64) * span + hkl[:, 1]) * span + hkl[:, 2]
    return np.abs(packed)


def merged(hkl: np.ndarray, e2: np.ndarray, sigma: np.ndarray, noise: np.ndarray | None = None) -> Merged:
    """Observations (N, 3), (N,), (N,) averaged over h and -h with weights 1/sigma².

    noise: (N,) variances by counting alone; sigma² where not given.
    """
    span = 8 * int(np.abs(hkl).max(initial=1)) + 1  # operators with elements up to 2 stay within
    key, first, inverse = np.unique(_keys(hkl, span), return_index=True, return_inverse=True)
    weight = 1 / sigma**2
    total = np.bincount(inverse, weight)
    mean = np.bincount(inverse, weight * e2) / total
    counting = np.bincount(inverse, weight**2 * (sigma**2 if noise is None else noise)) / total**2
    share = np.bincount(inverse, weight**2) / total**2
    return Merged(hkl[first], mean, total**-0.5, counting, share, key, span)


def orbit_labels(hkl: np.ndarray, rotations: np.ndarray) -> np.ndarray:
    """(N,) a number from 0 on that indices (N, 3) equivalent under the rotations (k, 3, 3) and -1 share."""
    reach = int(np.abs(rotations).sum(axis=1).max(initial=1)) * int(np.abs(hkl).max(initial=1))
    span = 2 * reach + 1
    least = _keys(hkl, span)
    for W in rotations:
        np.minimum(least, _keys(hkl @ W, span), out=least)
    return np.unique(least, return_inverse=True)[1].ravel()


def partners(data: Merged, W: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows i and j, each pair once, with h_j = ± h_i W."""
    image = _keys(data.hkl @ W, data.span)
    at = np.minimum(np.searchsorted(data.key, image), len(data.key) - 1)
    i = np.flatnonzero((data.key[at] == image) & (at != np.arange(len(at))))
    j = at[i]
    pair = np.unique(np.minimum(i, j) * len(at) + np.maximum(i, j))
    return np.divmod(pair, len(at))


def repeated(hkl: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows i and j of successive observations of one reflection under -1."""
    span = 2 * int(np.abs(hkl).max(initial=1)) + 1
    key = _keys(hkl, span)
    order = np.argsort(key, kind="stable")
    first, second = order[:-1], order[1:]
    same = key[first] == key[second]
    return first[same], second[same]


SIGMAS_OFF = 0.2
"""Counting variances may be wrong by this part: integration programs differ by as much."""
_FEW = 10.0
"""Pairs at which the standard error of the excess is raised by 1/sqrt(2) of itself: it is told from the pairs too."""


@dataclass(frozen=True)
class Agreement:
    """How pairs agree: their correlation, how many they are as good as, and the excess of their differences.

    ``excess``: variance of differences beyond counting errors over that of unrelated reflections, so that
    1 - excess is the correlation of the intensities without errors; ``excess_sigma`` its standard error, that of the
    counting variances with it. ``counted``: the variance that counting makes over that of unrelated reflections.
    ``share``: of errors of scale of single observations, the part that is left in the means of reflections.
    """

    cc: float
    pairs: float
    excess: float
    excess_sigma: float
    counted: float = 0.0
    share: float = 1.0

    @property
    def scatter(self) -> float:
        """The part of the error that pairs do not share: without that of the counting variances."""
        return float(np.sqrt(max(self.excess_sigma**2 - (SIGMAS_OFF * self.counted) ** 2, 1e-12)))


def agreement(x: np.ndarray, y: np.ndarray, sigma: tuple[np.ndarray, ...], noise: tuple[np.ndarray, ...]) -> Agreement:
    """The agreement of pairs (N,), alike under exchange of x and y; sigma and noise: those of x, and of y.

    Weights 1 / (1 + sigma_x² + sigma_y²): one is the spread of E² itself, so strong data weigh alike. The excess is
    sum w ((x - y)² - n_x - n_y) / sum w ((x - m)² + (y - m)² - n_x - n_y), its error by the delta method.
    """
    if len(x) < 2:
        return Agreement(0.0, float(len(x)), 1.0, np.inf)
    w = 1 / (1 + sigma[0] ** 2 + sigma[1] ** 2)
    w = w / w.sum()
    mean = w @ (x + y) / 2
    spread, errors = ((x - mean) ** 2 + (y - mean) ** 2) / 2, (noise[0] + noise[1]) / 2
    variance, counted = float(w @ spread), float(w @ errors)
    effective = float(1 / (w @ w))
    if variance <= 0:
        return Agreement(0.0, effective, 1.0, np.inf)
    true = max(variance - counted, 0.02 * variance)
    difference = (x - y) ** 2 / 2 - errors
    excess = float(w @ difference) / true
    scatter = np.sqrt(w**2 @ (difference - excess * (spread - errors)) ** 2) / true
    counted /= true
    sigma_excess = np.hypot(scatter * np.sqrt(1 + _FEW / effective), SIGMAS_OFF * counted)
    cc = float(w @ ((x - mean) * (y - mean))) / variance
    return Agreement(cc, effective, excess, float(sigma_excess), counted)
