"""Two tests that a split must pass: its difference is real, and there is a gap where it cuts.

Both are on reflections that the split has not seen (Cox 1975, Biometrika 62, 441): a split looks significant on the
data it was made from whatever these are (Gao, Bien & Witten 2024, J. Am. Stat. Assoc. 119, 332).
"""

from __future__ import annotations

import math

import numpy as np

from gnomon.steps.correlation_matrix.compared import Compared
from gnomon.steps.correlation_matrix.scores import Scores

SMALLEST = 2
"""Data sets in a cluster, at least: one alone cannot repeat itself."""
_SIMULATED = 2000
_TAIL = 0.95


def p_real(data: Compared, label: np.ndarray) -> float:
    """The probability of so great a mean squared difference between groups 1 and 0 (label (n,)) if there were none.

    From products of two data sets, within groups less between them, never of one with itself, so that noise of any
    size averages to nothing (the unbiased MMD² of Gretton et al. 2012, J. Mach. Learn. Res. 13, 723); each reflection
    seen twice in each group gives one, and their sum over its own spread is normal.
    """
    first, second = (_products(data, label == group) for group in (1, 0))
    both = (first[3] > 1) & (second[3] > 1)
    if both.sum() < 3:
        return 1.0
    (wa, sa, pa, _), (wb, sb, pb, _) = first[:, both], second[:, both]
    squared = pa + pb - 2 * (sa / wa) * (sb / wb)
    terms = data.mean[both] / (1 / wa + 1 / wb) ** 2 * squared
    return normal_tail(float(terms.sum() / np.sqrt((terms**2).sum())))


def _products(data: Compared, chosen: np.ndarray) -> np.ndarray:
    """(4, M): sums of w, of w x, the mean of x_i x_j over i != j, and data sets, for each reflection."""
    rows = chosen[data.owner]
    m = len(data.s2)
    r, w, x = data.reflection[rows], data.weight[rows], data.value[rows]

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(r, values, m)

    sw, sx, n = total(w), total(w * x), np.bincount(r, minlength=m)
    pairs = np.where(n > 1, sw**2 - total(w * w), 1.0)
    return np.stack([sw, sx, (sx**2 - total((w * x) ** 2)) / pairs, n])


def p_gap(found: Scores, members: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """The probability of so clear a gap if the members were one continuous cloud, and the place of the best cut.

    Places are compared with those of one normal distribution that is as wide, by the likelihood of two over one, at
    the best cut of each (Scott & Symons 1971, Biometrics 27, 387, who let two clusters differ in width), as Liu et al.
    2008, J. Am. Stat. Assoc. 103, 1281, do with the sum of squares. The upper tail is continued as exponential.
    """
    use = members[np.isfinite(found.error[members])]
    if len(use) < 2 * SMALLEST:
        return 1.0, 0.5
    place, error = found.place[use], found.error[use]
    gain, cut = best_cut(place[None], error)
    width = np.sqrt(max(place.var() - (error**2).mean(), 0.0) + error**2)
    null, _ = best_cut(rng.normal(size=(_SIMULATED, len(use))) * width, error)
    edge = float(np.quantile(null, _TAIL))
    if gain[0] <= edge:
        return float((1 + (null >= gain[0]).sum()) / (_SIMULATED + 1)), float(cut[0])
    beyond = float((null[null > edge] - edge).mean())
    return (1 - _TAIL) * math.exp(-float(gain[0] - edge) / beyond), float(cut[0])


def best_cut(place: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(B,) log-likelihood that the best cut of places (B, n) into two normal distributions gains, and (B,) that cut.

    No distribution is narrower than the mean square error (n,) of its members.
    """
    n = place.shape[1]
    order = np.argsort(place, axis=1, kind="stable")
    x = np.take_along_axis(place, order, 1)
    sums = np.stack([np.cumsum(v, 1) for v in (x, x * x, (error**2)[order])])
    k = np.arange(SMALLEST, n - SMALLEST + 1)
    low, whole = sums[:, :, k - 1], sums[:, :, -1:]
    gain = n / 2 * np.log(_variance(whole, np.array([n])))
    for part, count in ((low, k), (whole - low, n - k)):
        gain = gain - count / 2 * np.log(_variance(part, count)) + count * np.log(count / n)
    best = gain.argmax(1)
    rows = np.arange(len(x))
    return gain[rows, best], (x[rows, k[best] - 1] + x[rows, k[best]]) / 2


def _variance(sums: np.ndarray, count: np.ndarray) -> np.ndarray:
    return np.maximum(np.maximum(sums[1] / count - (sums[0] / count) ** 2, sums[2] / count), 1e-12)


def combined(p_values: list[float]) -> float:
    """One p-value of those from several halvings: twice their median (Meinshausen et al. 2009, JASA 104, 1671)."""
    return min(1.0, 2 * float(np.median(p_values)))


def normal_tail(z: float) -> float:
    """The probability beyond ``z`` standard deviations."""
    return 0.5 * math.erfc(z / math.sqrt(2))
