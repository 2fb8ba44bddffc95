"""Where each data set lies between two groups of data sets: 1 like the first, 0 like the second."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.kernels.group_difference import N_TERMS, difference_terms, group_sums
from gnomon.steps.correlation_matrix.compared import Compared

_LEAST_DIFFERENCE = 1e-4
_UPPER = np.array([[0, 1, 2], [1, 3, 4], [2, 4, 5]])


@dataclass(frozen=True, eq=False)
class Scores:
    """(n,) place of each data set between the groups and its error, and reflections that told.

    ``gain``: the sum of squares between the groups in units of its error, less what noise alone would make it.
    """

    place: np.ndarray
    error: np.ndarray
    used: np.ndarray
    gain: float


def scores(data: Compared, label: np.ndarray) -> Scores:
    """The place of each data set along the difference of group 1 and group 0, from which it is left out itself.

    Least squares of what it has beyond the mean of both groups against their difference, weighted, and against the
    mean at two resolutions, so that its scale and B do not matter. label: (n,) 1, 0, or -1 of neither.
    Its error is from the scatter about the fit.
    """
    sums = np.zeros((len(data.s2), 4))
    rows = (data.owner, data.reflection, data.value, data.weight, label.astype(np.int64))
    group_sums(*rows, sums)
    difference = _mean_difference(sums, data.mean)
    terms = np.zeros((data.n, N_TERMS))
    difference_terms(*rows, sums, difference * data.mean, data.s2, terms)
    A, b = terms[:, _UPPER], terms[:, 6:9]
    A = A + 1e-9 * np.maximum(np.einsum("nii->n", A), 1e-9)[:, None, None] * np.eye(3)
    inverse = np.linalg.inv(A)
    p = np.einsum("nij,nj->ni", inverse, b)
    share = terms[:, 9] / np.maximum(terms[:, 0], 1e-30)
    free = np.maximum(terms[:, 10] - 3, 1)
    rest = np.maximum(terms[:, 11] - np.einsum("ni,ni->n", p, b), 0) / free
    error = np.sqrt(inverse[:, 0, 0] * np.where(rest > 0, rest, 1))
    known = terms[:, 10] > 3
    return Scores(
        np.where(known, p[:, 0] + share, 0.5), np.where(known, error, np.inf), terms[:, 10].astype(int), _gain(sums)
    )


def _gain(sums: np.ndarray) -> float:
    """The sum over reflections of D² / var(D) - 1, D the difference of the groups' means."""
    wa, sa, wb, sb = sums[(sums[:, 0] > 0) & (sums[:, 2] > 0)].T
    return float(((sa / wa - sb / wb) ** 2 / (1 / wa + 1 / wb) - 1).sum())


def _mean_difference(sums: np.ndarray, mean: np.ndarray) -> float:
    """The mean square difference of the groups beyond its variance, for E² = 1; it is taken to grow as E² does."""
    both = (sums[:, 0] > 0) & (sums[:, 2] > 0)
    wa, sa, wb, sb = sums[both].T
    if not len(wa):
        return _LEAST_DIFFERENCE
    variance = 1 / wa + 1 / wb
    weight = mean[both] / variance**2
    beyond = weight @ ((sa / wa - sb / wb) ** 2 - variance)
    return max(float(beyond / (weight @ mean[both])), _LEAST_DIFFERENCE)
