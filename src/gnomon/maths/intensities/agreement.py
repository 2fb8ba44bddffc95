"""How well equivalent observations agree: R factors and half-set correlations, per shell."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gnomon.maths.intensities.merging import Groups, merge, random_halves
from gnomon.maths.numerics.normal import normal_quantile
from gnomon.maths.numerics.tally import Tally, ratio


class Observed(NamedTuple):
    """N observations on one scale, in their groups of equivalents."""

    groups: Groups
    intensity: np.ndarray  # (N,)
    variance: np.ndarray  # (N,)

    def select(self, rows: np.ndarray) -> Observed:
        """Some of them; groups left empty are dropped."""
        return Observed(self.groups.select(rows), self.intensity[rows], self.variance[rows])


def r_meas(observed: Observed) -> float:
    """Rmeas of all observations; nan where there are none."""
    groups = observed.groups
    return float(r_factors(observed, Tally(np.zeros(len(groups), np.intp), 1))[1, 0]) if len(groups) else float("nan")


def r_meas_without_each(observed: Observed, owner: np.ndarray, n: int) -> np.ndarray:
    """(n,) Rmeas without the observations of each of n owners in turn, owner (N,); nan where nothing is left.

    Of each group and owner the mean of the others, and from sums along the sorted intensities how far these are from
    it: the cost goes with N log N, however many owners there are.
    """
    groups, intensity, variance = observed
    pairs, pair = np.unique(groups.label * n + owner, return_inverse=True)
    group, whose = pairs // n, pairs % n
    count, weight = np.bincount(pair), np.bincount(pair, 1 / variance)
    own, weighted = np.bincount(pair, intensity), np.bincount(pair, intensity / variance)
    left = groups.counts[group] - count
    rest = np.where(left > 0, groups.sum(1 / variance)[group] - weight, 1.0)
    mean = (groups.sum(intensity / variance)[group] - weighted) / rest
    deviation = _from_values(groups.label, intensity, group, mean) - np.bincount(pair, np.abs(intensity - mean[pair]))
    total = groups.sum(intensity)
    before = np.abs(intensity - merge(*observed).intensity[groups.label])

    def parts(left: np.ndarray, deviation: np.ndarray, total: np.ndarray) -> np.ndarray:
        factor = np.where(left > 1, np.sqrt(left / np.maximum(left - 1, 1)), 0.0)
        return np.array([factor * deviation, np.where(left > 1, total, 0.0)])

    whole = parts(groups.counts, groups.sum(before), total)
    change = parts(left, deviation, total[group] - own) - whole[:, group]
    above, below = (w.sum() + np.bincount(whose, c, n) for w, c in zip(whole, change))
    return np.asarray(ratio(above, below))


def _from_values(label: np.ndarray, values: np.ndarray, group: np.ndarray, at: np.ndarray) -> np.ndarray:
    """(Q,) the sum of the distances of the ``values`` (N,) of each ``group`` (Q,), by ``label`` (N,), from ``at``."""
    order = np.lexsort([values, label])
    values, starts = values[order], np.searchsorted(label[order], np.arange(label.max(initial=-1) + 2))
    middle = np.bincount(label, values[np.argsort(order)]) / np.maximum(np.bincount(label), 1)  # sums that hardly round
    values, at = values - middle[label[order]], at - middle[group]
    both = np.lexsort([np.r_[values, at], np.r_[label[order], group]])
    seen = np.cumsum(both < len(values))
    place = np.empty(len(at), np.int64)
    queries = both >= len(values)
    place[both[queries] - len(values)] = seen[queries]
    sums = np.concatenate([[0.0], np.cumsum(values)])
    first, last = starts[group], starts[group + 1]
    lower, upper = sums[place] - sums[first], sums[last] - sums[place]
    return np.asarray(at * (place - first) - lower + upper - at * (last - place))


def r_factors(observed: Observed, shells: Tally) -> np.ndarray:
    """(3, n): Rmerge, Rmeas and Rpim of each shell, over the groups with at least two observations.

    shells: the shell of each group. With n observations of mean m, sum f |I - m| / sum I, where f is 1,
    sqrt(n / (n - 1)) (Diederichs & Karplus 1997, Nat. Struct. Biol. 4, 269) or sqrt(1 / (n - 1)) (Weiss 2001,
    J. Appl. Cryst. 34, 130).
    """
    groups, intensity, _ = observed
    mean = merge(*observed).intensity
    count = groups.counts
    several = shells.where(count > 1)
    deviation = groups.sum(np.abs(intensity - mean[groups.label]))
    below = several.sum(groups.sum(intensity))
    others = np.maximum(count - 1, 1)
    factors = (np.ones(len(groups)), np.sqrt(count / others), np.sqrt(1 / others))
    return np.array([ratio(several.sum(f * deviation), below) for f in factors])


def half_set_means(observed: Observed, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Weighted means (2, M) of each group in two random halves, and (M,) where both halves hold something."""
    groups, intensity, variance = observed
    half = random_halves(groups, seed)
    weights = [np.where(half == h, 1 / variance, 0.0) for h in (0, 1)]
    totals = [groups.sum(w) for w in weights]
    means = np.array([groups.sum(w * intensity) / np.where(t > 0, t, 1.0) for w, t in zip(weights, totals)])
    return means, (totals[0] > 0) & (totals[1] > 0)


def half_set_correlation(observed: Observed, shells: Tally, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """CC1/2 of each shell (n,) between the means of two random halves, and (n,) the reflections compared.

    shells: the shell of each group. Karplus & Diederichs 2012, Science 336, 1030.
    """
    means, both = half_set_means(observed, seed)
    used = shells.where(both)
    return used.correlation(means[0], means[1]), used.number()


def sigma_tau_correlation(observed: Observed, shells: Tally) -> np.ndarray:
    """(n,) CC1/2 without random halves, from variances; shells: the shell of each group.

    With y the merged mean and e its standard error from the scatter of its own observations,
    CC1/2 = (var y - <e^2>) / (var y + <e^2>). Assmann, Brehm & Diederichs 2016, J. Appl. Cryst. 49, 1021.
    """
    groups, intensity, variance = observed
    merged = merge(*observed)
    count = groups.counts
    several = shells.where(count > 1)
    y = merged.intensity
    scatter = groups.sum((intensity - y[groups.label]) ** 2 / variance)
    noise = several.mean(scatter * merged.sigma**2 / np.maximum(count - 1, 1))
    centre = several.mean(y)[np.clip(several.bins, 0, several.n - 1)]
    spread = ratio(several.sum((y - centre) ** 2), several.number() - 1)
    return ratio(spread - noise, spread + noise)


def significant_correlation(pairs: np.ndarray, level: float = 0.01) -> np.ndarray:
    """(n,) the correlation that ``pairs`` (n,) unrelated pairs exceed with probability ``level``; 1 below 4 pairs.

    Fisher's transform: atanh r is normal with variance 1 / (pairs - 3).
    """
    z = float(normal_quantile(np.array(1 - level)))
    return np.where(pairs > 3, np.tanh(z / np.sqrt(np.maximum(pairs - 3, 1))), 1.0)
