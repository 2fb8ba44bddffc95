"""Equivalent observations: who they are, and their weighted means."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gnomon.maths.crystal.symmetry import Group, is_centric, to_asu


@dataclass(frozen=True, eq=False)
class Groups:
    """Equivalents: observation i belongs to unique reflection ``label[i]``, whose index is ``hkl[label[i]]``.

    ``minus`` marks the unique reflections that are I(-) of a Friedel pair; false everywhere unless the grouping
    was anomalous. Groups are sorted by index, I(+) before I(-).
    """

    hkl: np.ndarray  # (M, 3) int32, in the asymmetric unit
    label: np.ndarray  # (N,) intp
    minus: np.ndarray  # (M,) bool

    def __len__(self) -> int:
        return len(self.hkl)

    @cached_property
    def counts(self) -> np.ndarray:
        """(M,) observations in each group."""
        return np.bincount(self.label, minlength=len(self))

    @cached_property
    def order(self) -> np.ndarray:
        """(N,) the rows that bring the observations of a group side by side."""
        return np.argsort(self.label, kind="stable")

    @cached_property
    def starts(self) -> np.ndarray:
        """(M,) where each group begins in ``order``."""
        return np.cumsum(self.counts) - self.counts

    def sum(self, values: np.ndarray) -> np.ndarray:
        """(M,) sums of ``values`` (N,) over each group."""
        return np.bincount(self.label, weights=values, minlength=len(self))

    def mean(self, values: np.ndarray) -> np.ndarray:
        """(M,) plain means of ``values`` (N,) over each group."""
        return self.sum(values) / self.counts

    @cached_property
    def parent(self) -> np.ndarray:
        """(M,) the number of each group among the groups of :meth:`joined`."""
        changes = (self.hkl[1:] != self.hkl[:-1]).any(axis=1)
        return np.concatenate([[0], np.cumsum(changes)])[: len(self)]

    def joined(self) -> Groups:
        """The grouping in which I(+) and I(-) are one."""
        parent = self.parent
        _, first = np.unique(parent, return_index=True)
        return Groups(self.hkl[first], parent[self.label], np.zeros(len(first), bool))

    def select(self, rows: np.ndarray) -> Groups:
        """The grouping of some of the observations; groups left empty are dropped.

        rows: (N,) bool, or (n,) indices.
        """
        label = self.label[rows]
        present = np.bincount(label, minlength=len(self)) > 0
        number = np.cumsum(present) - 1  # anew, in the same order: no sort
        return Groups(self.hkl[present], number[label], self.minus[present])


def _keys(hkl: np.ndarray, minus: np.ndarray) -> np.ndarray:
    """(N,) int64 that sort as h, k, l, minus do."""
    shifted = hkl.astype(np.int64) + (1 << 19)
    return (((shifted[:, 0] << 20) | shifted[:, 1]) << 21) | (shifted[:, 2] << 1) | minus


def group_equivalents(hkl: np.ndarray, group: Group, anomalous: bool = False) -> Groups:
    """The groups of symmetry-equivalent observations; Friedel mates apart when ``anomalous``.

    hkl: (N, 3) int, |h| < 2^19. Centric reflections have no mates and are never I(-).
    """
    asu, isym = to_asu(hkl, group)
    minus = np.zeros(len(asu), bool)
    if anomalous:
        minus = (isym % 2 == 0) & ~is_centric(asu, group)
    _, first, label = np.unique(_keys(asu, minus), return_index=True, return_inverse=True)
    return Groups(asu[first], label.reshape(-1), minus[first])


@dataclass(frozen=True, eq=False)
class Merged:
    """One row a group: index, weighted mean intensity, its sigma, and the number of observations."""

    hkl: np.ndarray  # (M, 3)
    minus: np.ndarray  # (M,) bool
    intensity: np.ndarray  # (M,)
    sigma: np.ndarray  # (M,)
    count: np.ndarray  # (M,)


def merge(groups: Groups, intensity: np.ndarray, variance: np.ndarray) -> Merged:
    """Means with weights 1 / variance, and sigma = (sum of weights)^(-1/2).

    intensity, variance: (N,), on one scale; every variance must be positive.
    """
    weight = 1 / variance
    total = groups.sum(weight)
    mean = groups.sum(weight * intensity) / total
    return Merged(groups.hkl, groups.minus, mean, 1 / np.sqrt(total), groups.counts)


@dataclass(frozen=True, eq=False)
class KeptMeans:
    """Weighted means (M,) of groups with their variances, of the observations that are kept.

    A group of which none is kept is not ``known``: its mean is that of all its observations, and tells nothing of
    other groups.
    """

    mean: np.ndarray
    variance: np.ndarray
    known: np.ndarray  # (M,) bool


def kept_means(groups: Groups, value: np.ndarray, variance: np.ndarray, keep: np.ndarray) -> KeptMeans:
    """Means with weights 1 / variance of the observations ``keep`` (N,) bool."""
    known = groups.sum(keep.astype(float)) > 0
    weight = _kept_weights(groups, variance, keep, known)
    total = groups.sum(weight)
    return KeptMeans(groups.sum(weight * value) / total, 1 / total, known)


def normalised_weights(groups: Groups, variance: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """(N,) the share of each observation in the mean of its group, as :func:`kept_means` forms it."""
    weight = _kept_weights(groups, variance, keep, groups.sum(keep.astype(float)) > 0)
    return np.asarray(weight / groups.sum(weight)[groups.label])


def _kept_weights(groups: Groups, variance: np.ndarray, keep: np.ndarray, known: np.ndarray) -> np.ndarray:
    return np.where(keep | ~known[groups.label], 1 / variance, 0.0)


def others(groups: Groups, value: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N,) the weighted mean of the other observations of each one's group, and the sum of their weights.

    0 and 0 for an observation that is alone.
    """
    several = (groups.counts > 1)[groups.label]
    rest = np.where(several, groups.sum(weight)[groups.label] - weight, 0.0)
    total = groups.sum(weight * value)[groups.label] - weight * value
    return np.where(several, total, 0.0) / np.where(several, np.maximum(rest, 1e-300), 1.0), rest


def friedel_pairs(groups: Groups) -> tuple[np.ndarray, np.ndarray]:
    """Positions (K,) of I(+) and of I(-), of the unique reflections for which an anomalous grouping has both."""
    same = (groups.hkl[1:] == groups.hkl[:-1]).all(axis=1) & groups.minus[1:]
    plus = np.flatnonzero(same)
    return plus, plus + 1


def random_halves(groups: Groups, seed: int = 0) -> np.ndarray:
    """(N,) 0 or 1: a random half for each observation, as even within each group as can be."""
    rng = np.random.default_rng(seed)
    order = np.lexsort((rng.random(len(groups.label)), groups.label))
    place = np.arange(len(order)) - np.repeat(groups.starts, groups.counts)
    coin = rng.integers(0, 2, len(groups))
    half = np.empty(len(order), np.intp)
    half[order] = (place + np.repeat(coin, groups.counts)) % 2
    return half
