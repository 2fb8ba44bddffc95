"""Robust distances of centroids from the bulk, and the tails that these have."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from scipy.special import gammaln

from gnomon.maths.numerics.normal import normal_quantile
from gnomon.models.by_experiment import RowsByExperiment

HEAVIEST, LIGHTEST = 3.0, 200.0  # degrees of freedom of tails: below, no distance would be too far; above, normal
ENOUGH = 20  # reflections from which a group has statistics
ALONE = 100  # of an experiment, to be judged by itself: of 30 normal ones a tenth would go, of 100 a thirtieth
BLOCK = 1000  # reflections in a block of a scan
C_STEPS = 15


@cache
def chi_squared_quantile(probability: float, n: int) -> float:
    """Of ``n`` degrees of freedom, within 0.5 %: Wilson & Hilferty 1931, Proc. Natl Acad. Sci. 17, 684."""
    z = float(normal_quantile(np.array([probability]))[0])
    return n * (1 - 2 / (9 * n) + z * np.sqrt(2 / (9 * n))) ** 3


def _distances(x: np.ndarray, members: np.ndarray) -> np.ndarray:
    """(N,) squared Mahalanobis distances of ``x`` (N, k) from the mean and covariance of ``members``."""
    offset = x - x[members].mean(axis=0)
    inside = offset[members]
    covariance = inside.T @ inside / (len(inside) - 1)
    covariance += 1e-9 * np.diag(np.diagonal(covariance) + 1e-300)
    return ((offset @ np.linalg.inv(covariance)) * offset).sum(axis=1)


def robust_distances(x: np.ndarray, probability: float = 0.975) -> np.ndarray:
    """(N,) squared distances of ``x`` (N, k) from its bulk, chi^2 with k degrees of freedom for normal data.

    The half of ``x`` with the smallest covariance is found by the C-steps of Rousseeuw & van Driessen 1999
    (Technometrics 41, 212) from one deterministic start: the half nearest the median, each coordinate over its
    median absolute deviation. Mean and covariance of all that lie within ``probability`` of it take
    its place, and again, until they stay.
    """
    n, k = x.shape
    half = (n + k + 1) // 2
    offset = x - np.median(x, axis=0)
    scale = np.median(np.abs(offset), axis=0)
    nearest = np.argsort(((offset / np.where(scale > 0, scale, 1)) ** 2).sum(axis=1), kind="stable")[:half]
    nearest, members = np.sort(nearest), nearest[:0]
    for _ in range(C_STEPS):
        if np.array_equal(nearest, members):
            break
        members = nearest
        nearest = np.sort(np.argsort(_distances(x, members), kind="stable")[:half])
    d2 = _distances(x, members)
    d2 *= chi_squared_quantile(0.5, k) / max(np.median(d2), 1e-300)  # of half the members: too far by a factor
    limit, shrinkage = chi_squared_quantile(probability, k), _truncated_variance(probability)
    for _ in range(C_STEPS):
        inside = d2 <= limit
        d2 = shrinkage * _distances(x, np.flatnonzero(inside))
        if ((d2 <= limit) == inside).all():
            break
    return d2


def _truncated_variance(probability: float) -> float:
    """The variance of a coordinate of a three-dimensional normal cloud cut at ``probability``, over that of the whole.

    P(chi^2_5 < q) / P(chi^2_3 < q): Croux & Haesbroeck 1999, J. Multivariate Anal. 71, 161.
    """
    q = chi_squared_quantile(probability, 3)
    of_five = math.erf(math.sqrt(q / 2)) - math.sqrt(2 * q / math.pi) * math.exp(-q / 2) * (1 + q / 3)
    return of_five / probability


def _groups(experiment: np.ndarray, z: np.ndarray) -> list[np.ndarray]:
    """Rows that are judged together: blocks of a scan, or all experiments that have too few alone."""
    groups, few, each = [], [], RowsByExperiment(experiment)
    for e, _ in each:
        rows = each.array(e)
        if len(rows) < ALONE:
            few.append(rows)
            continue
        groups += np.array_split(rows[np.argsort(z[rows], kind="stable")], max(1, len(rows) // BLOCK))
    if few:
        together = np.concatenate(few)
        groups += [together] if len(together) >= ENOUGH else []
    return groups


def distances(deviates: np.ndarray, experiment: np.ndarray, z: np.ndarray, probability: float) -> np.ndarray:
    """(N,) squared distances of ``deviates`` (N, 3) from their bulk, chi^2 with 3 degrees of freedom for normal ones.

    The bulk is that of a block of an experiment's scan, in order of ``z`` (N,); of experiments with few, that of all of
    these; where that too are few, nothing is known of tails and all are as far as they are on average: 3.
    """
    d2 = np.full(len(deviates), 3.0)
    for rows in _groups(experiment, z):
        d2[rows] = robust_distances(deviates[rows], probability)
    return d2


def beyond_fences(deviates: np.ndarray, experiment: np.ndarray, z: np.ndarray, multiplier: float) -> np.ndarray:
    """(N,) bool: ``multiplier`` interquartile ranges beyond a quartile, in any coordinate of ``deviates`` (N, 3).

    Tukey 1977, Exploratory Data Analysis, 2C. Quartiles are those of a block of an experiment's scan, in order of ``z``
    (N,); of experiments with few, those of all of these; where that too are few, none is an outlier.
    """
    beyond = np.zeros(len(deviates), bool)
    for rows in _groups(experiment, z):
        low, high = np.quantile(deviates[rows], (0.25, 0.75), axis=0)
        reach = multiplier * (high - low)
        beyond[rows] = ((deviates[rows] < low - reach) | (deviates[rows] > high + reach)).any(axis=1)
    return beyond


def degrees_of_freedom(d2: np.ndarray) -> float:
    """The most likely degrees of freedom of a three-dimensional Student t with squared distances ``d2`` (N,).

    Lange, Little & Taylor 1989, J. Am. Stat. Assoc. 84, 881. Between ``HEAVIEST`` and ``LIGHTEST``, to 10 %.
    """
    grid = np.geomspace(HEAVIEST, LIGHTEST, 45)
    norm = gammaln((grid + 3) / 2) - gammaln(grid / 2) - 1.5 * np.log(grid)
    tails = np.array([np.log1p(d2 / nu).sum() for nu in grid])
    return float(grid[np.argmax(len(d2) * norm - (grid + 3) / 2 * tails)])


def t_weights(d2: np.ndarray, nu: float) -> np.ndarray:
    """(N,) weights (nu + 3) / (nu + d2) by which least squares, repeated, is the likeliest fit of a Student t."""
    return (nu + 3) / (nu + d2)
