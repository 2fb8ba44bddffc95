"""What data sets are compared by: unique reflections of each, on one scale, with weights that do not know the value."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gnomon.maths.crystal.symmetry import Group
from gnomon.maths.data_sets.pairwise import MergedSet
from gnomon.maths.intensities.merging import group_equivalents
from gnomon.maths.intensities.normalised import Observations, expected_intensity

_ROUNDS = 3
_LARGEST_CHANGE = 5.0
_LEAST_MEAN = 0.05
_NON_ISOMORPHISM = 0.02
"""Variance of E² between crystals of one kind, for E² = 1: atoms that move change strong reflections by more."""


@dataclass(frozen=True, eq=False)
class Compared:
    """(N,) rows, sorted by data set, then reflection: E² and its weight; and what is known of the M reflections."""

    owner: np.ndarray
    reflection: np.ndarray
    value: np.ndarray
    variance: np.ndarray
    weight: np.ndarray
    hkl: np.ndarray  # (M, 3)
    s2: np.ndarray  # (M,) 1/Å²
    mean: np.ndarray  # (M,), at least a twentieth
    intensity: np.ndarray  # (M,) mean intensity of all data at that resolution: E² times it is on their scale
    n: int  # data sets

    def select(self, rows: np.ndarray) -> Compared:
        """Some of the rows; data sets and reflections keep their numbers."""
        names = ("owner", "reflection", "value", "variance", "weight")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})

    def of(self, members: np.ndarray) -> Compared:
        """The rows of some data sets."""
        wanted = np.zeros(self.n, bool)
        wanted[members] = True
        return self.select(wanted[self.owner])

    @property
    def counts(self) -> np.ndarray:
        """(n,) unique reflections of each data set."""
        return np.bincount(self.owner, minlength=self.n)

    def sets(self) -> list[MergedSet]:
        """Each data set by itself, for :func:`pairwise_correlations`."""
        ends = np.cumsum(self.counts)[:-1]
        parts = (np.split(column, ends) for column in (self.reflection, self.value, np.sqrt(self.variance)))
        return [MergedSet(*part) for part in zip(*parts)]


def compared(obs: Observations, group: Group, n: int) -> Compared:
    """The observations of ``n`` data sets merged in each, then brought to the scale and fall-off of their mean."""
    equivalents = group_equivalents(obs.hkl, group)
    m = len(equivalents)
    key, row = np.unique(obs.experiment.astype(np.int64) * m + equivalents.label, return_inverse=True)
    weight = 1 / obs.e2_sigma**2
    total = np.bincount(row, weight)
    value = np.bincount(row, weight * obs.e2) / total
    s2 = equivalents.mean(1 / obs.d**2)
    intensity = equivalents.mean(expected_intensity(obs.d, obs.intensity))
    rows = (key // m, key % m, value, 1 / total, total)
    return weighted(levelled(Compared(*rows, equivalents.hkl, s2, np.ones(m), intensity, n)))


def levelled(data: Compared) -> Compared:
    """Values divided by a + b/d² of their data set, fitted to the mean of the others."""
    value, variance = data.value, data.variance
    r, k, m = data.reflection, data.owner, len(data.s2)
    for _ in range(_ROUNDS):
        w = 1 / (variance + _NON_ISOMORPHISM)
        others = np.bincount(r, w, m)[r] - w
        shared = others > 1e-9 * w
        safe = np.where(shared, others, 1.0)
        M = np.where(shared, (np.bincount(r, w * value, m)[r] - w * value) / safe, 0.0)
        u = np.where(shared, 1 / (1 / w + 1 / safe), 0.0)
        terms = np.column_stack([M, M * data.s2[r]])
        p = solved(k, terms, value, u, data.n)
        factor = np.einsum("ni,ni->n", p[k], terms) / np.where(M != 0, M, 1.0)
        fallback = p[k, 0] + p[k, 1] * data.s2[r]
        factor = np.clip(np.where(M != 0, factor, fallback), 1 / _LARGEST_CHANGE, _LARGEST_CHANGE)
        value, variance = value / factor, variance / factor**2
    return replace(data, value=value, variance=variance)


def solved(owner: np.ndarray, terms: np.ndarray, y: np.ndarray, weight: np.ndarray, n: int) -> np.ndarray:
    """(n, p) least-squares coefficients of y (N,) on terms (N, p) for each owner; 1 and zeros where it has none."""
    p = terms.shape[1]
    A, b = np.empty((n, p, p)), np.empty((n, p))
    for i in range(p):
        b[:, i] = np.bincount(owner, weight * terms[:, i] * y, n)
        for j in range(p):
            A[:, i, j] = np.bincount(owner, weight * terms[:, i] * terms[:, j], n)
    scale = np.einsum("nii->n", A)[:, None] / p + 1e-12
    A += 1e-6 * scale[:, :, None] * np.eye(p)
    b[:, 0] += 1e-6 * scale[:, 0]  # where nothing is known: one
    return np.linalg.solve(A, b[..., None])[..., 0]


def weighted(data: Compared) -> Compared:
    """With the mean of all, and weights 1/variance from a variance smooth in resolution and mean intensity.

    An observation's own variance grows with its value: weights by it would pull means down, the more the more sets.
    """
    w = 1 / (data.variance + _NON_ISOMORPHISM)
    total = np.bincount(data.reflection, w, len(data.s2))
    mean = np.bincount(data.reflection, w * data.value, len(data.s2)) / np.where(total > 0, total, 1)
    mean = np.maximum(mean, _LEAST_MEAN)
    at = mean[data.reflection]
    terms = np.column_stack([np.ones(len(at)), data.s2[data.reflection], np.log(at + 0.2)])
    p = solved(data.owner, terms, np.log(np.maximum(data.variance, 1e-8)), np.ones(len(at)), data.n)
    smooth = np.exp(np.einsum("ni,ni->n", terms, p[data.owner]))
    return replace(data, mean=mean, weight=1 / (smooth + _NON_ISOMORPHISM * at))
