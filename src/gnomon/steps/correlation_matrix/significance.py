"""Two tests that a split must pass: its difference is real, and there is a gap where it cuts.

Both are on reflections that the split has not seen (Cox 1975, Biometrika 62, 441): a split looks significant on the
data it was made from whatever these are (Gao, Bien & Witten 2024, J. Am. Stat. Assoc. 119, 332).
"""

from __future__ import annotations

import math

import numpy as np

from gnomon.kernels.segments import segment_gains
from gnomon.steps.correlation_matrix.compared import Compared
from gnomon.steps.correlation_matrix.scores import Scores

SMALLEST = 2
"""Data sets in a cluster, at least: one alone cannot repeat itself."""
_SIMULATED = 1000
_MOST_GROUPS = 4
_NEAREST, _LEAST_RATIO = 4, 3.0
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

    The likelihood of several narrow groups over one (Scott & Symons 1971, Biometrics 27, 387) is compared with that
    for clouds as wide, with the same errors (as Liu et al. 2008, J. Am. Stat. Assoc. 103, 1281, do with the sum of
    squares): normal and even ones, and the greater probability counts. The upper tail is continued as exponential.
    A gap no wider than a few spacings beside it is none, whatever the shape of the cloud: 1.
    """
    use = members[np.isfinite(found.error[members])]
    if len(use) < 2 * SMALLEST:
        return 1.0, 0.5
    place, error = found.place[use], found.error[use]
    floor = float((error**2).mean())
    gain, cut = gap_gains(place[None], floor)
    if gap_ratio(place, cut[0]) < _LEAST_RATIO:
        return 1.0, float(cut[0])
    width = np.sqrt(max(place.var() - floor, 0.0))
    shape, noise = (_SIMULATED, len(use)), rng.normal(size=(_SIMULATED, len(use))) * error
    clouds = (rng.normal(size=shape), (rng.random(shape) - 0.5) * np.sqrt(12))
    return max(_beyond(gap_gains(width * z + noise, floor)[0], gain[0]) for z in clouds), float(cut[0])


def gap_gains(place: np.ndarray, floor: float) -> tuple[np.ndarray, np.ndarray]:
    """(B,) log-likelihood that up to four groups of one width gain for places (B, n); (B,) middle of the widest gap."""
    gain, cut = np.empty(len(place)), np.empty(len(place))
    segment_gains(np.sort(place, axis=1), max(floor, 1e-12), SMALLEST, _MOST_GROUPS, gain, cut)
    return gain, cut


def gap_ratio(place: np.ndarray, cut: float) -> float:
    """How many times wider the gap at ``cut`` is than the mean spacing of the nearest four places on either side."""
    x = np.sort(place)
    k = int(np.searchsorted(x, cut))
    if not 0 < k < len(x):
        return 0.0
    low, high = x[max(k - _NEAREST, 0) : k], x[k : k + _NEAREST]
    spacing = max((side[-1] - side[0]) / max(len(side) - 1, 1) for side in (low, high))
    return float((high[0] - low[-1]) / max(spacing, 1e-12))


def _beyond(null: np.ndarray, value: float) -> float:
    """The share of ``null`` that is at least ``value``, from an exponential tail where that is small."""
    edge = float(np.quantile(null, _TAIL))
    if value <= edge:
        return float((1 + (null >= value).sum()) / (len(null) + 1))
    return (1 - _TAIL) * math.exp(-(value - edge) / max(float((null[null > edge] - edge).mean()), 1e-12))


def combined(p_values: list[float]) -> float:
    """One p-value of those from several halvings: twice their median (Meinshausen et al. 2009, JASA 104, 1671)."""
    return min(1.0, 2 * float(np.median(p_values)))


def normal_tail(z: float) -> float:
    """The probability beyond ``z`` standard deviations."""
    return 0.5 * math.erfc(z / math.sqrt(2))
