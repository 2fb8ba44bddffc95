"""What CC1/2 would be without one data set, or without a few of its images: from sums, not by merging again."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gnomon.maths.intensities.agreement import Observed
from gnomon.maths.intensities.shells import Shells
from gnomon.maths.numerics.tally import ratio

_BLOCKS = 20  # parts of the unique reflections, each left out once to see how sure a difference is
_ALONE = 0.5  # of the median correlation with the others, below which a part is of something else
_FEWEST = 10  # unique reflections in common that a correlation needs
_DISOWNED = 0.2  # share of outliers over which a part does not belong


@dataclass(frozen=True, eq=False)
class DeltaCCHalf:
    """CC1/2 of all data, and for each of P parts how much of it is owed to that part: negative where it spoils.

    z: how far below (negative) or above the median part, in sigmas: the spread of the parts and the part's own error.
    """

    cc_half: float
    delta: np.ndarray  # (P,) CC1/2 of all less CC1/2 without the part; nan for a part without equivalents
    error: np.ndarray  # (P,) standard error of delta, from blocks of unique reflections left out
    z: np.ndarray  # (P,)
    count: np.ndarray  # (P,) observations
    cc_others: np.ndarray  # (P,) correlation of its merged intensities with those of all others; nan for few in common
    rejected: np.ndarray | float = 0.0  # (P,) the share of its observations that were outliers and took no part

    def with_rejected(self, number: np.ndarray) -> DeltaCCHalf:
        """Where ``number`` (P,) more observations of each part were outliers."""
        return replace(self, rejected=number / np.maximum(number + self.count, 1))

    @property
    def disowned(self) -> np.ndarray:
        """(P,) bool: so many observations are outliers that the others agree only because they were chosen to."""
        rejected = np.broadcast_to(self.rejected, self.delta.shape)
        return (rejected > _DISOWNED) & (rejected > 5 * np.median(rejected))

    @property
    def alone(self) -> np.ndarray:
        """(P,) bool: CC1/2 rises without the part, whose correlation with the others is below half of the median."""
        usual = np.median(self.cc_others[np.isfinite(self.cc_others)]) if np.isfinite(self.cc_others).any() else 0.0
        return (self.delta < 0) & (self.cc_others < _ALONE * usual)

    def spoils(self, cutoff: float) -> np.ndarray:
        """(P,) bool: CC1/2 rises without the part, and it lies more than ``cutoff`` sigma below the others or is alone;
        or it is disowned.
        """
        return ((self.delta < 0) & (self.z < -cutoff)) | self.alone | self.disowned

    @property
    def worst_first(self) -> np.ndarray:
        """(P,) the parts in order: those disowned or alone, then by z, those of which nothing is known last."""
        first = self.disowned | self.alone
        return np.argsort(np.where(first, -np.inf, np.nan_to_num(self.z, nan=np.inf)), kind="stable")

    def reason(self, p: int, what: str) -> str:
        """Why part ``p``, a ``what``, spoils the rest."""
        if self.disowned[p]:
            return f"{np.broadcast_to(self.rejected, self.delta.shape)[p]:.0%} of its observations are outliers"
        far = f"{-self.z[p]:.1f} sigma below the median {what}"
        if self.alone[p]:
            usual = np.nanmedian(self.cc_others)
            far = f"it correlates {self.cc_others[p]:.2f} with the others, the median {what} {usual:.2f}"
        return f"CC1/2 is {self.cc_half - self.delta[p]:.4f} without it, {self.cc_half:.4f} with it; {far}"


def delta_cc_half(
    observed: Observed, part: np.ndarray, n_parts: int, shells: tuple[Shells, np.ndarray], seed: int = 0
) -> DeltaCCHalf:
    """CC1/2 with and without each part, as sigma and tau give it: (var y - <e^2>) / (var y + <e^2>) in each shell.

    y is a merged mean, e its standard error by the scatter of its observations; shells are averaged by their unique
    reflections with two observations or more. part: (N,) of each observation, 0..n_parts - 1; shells: with the
    resolution (M,) of each group, Å. seed: of the blocks. Assmann, Brehm & Diederichs 2016, J. Appl. Cryst. 49, 1021;
    Assmann, Wang & Diederichs 2020, Acta Cryst. D76, 636.
    """
    groups = observed.groups
    block = np.random.default_rng(seed).permutation(len(groups)) % _BLOCKS
    shell = shells[0].of(shells[1])
    cell = np.where(shell >= 0, shell * _BLOCKS + block, len(shells[0]) * _BLOCKS)
    n_cells = len(shells[0]) * _BLOCKS + 1  # the last: outside the shells
    total, change, cc_others = _sums(observed, part, n_parts, (cell, n_cells))
    form = (len(shells[0]), _BLOCKS, 4)
    total, change = total[:-1].reshape(form), change[:, :-1].reshape(n_parts, *form)
    count = np.bincount(part, minlength=n_parts)
    cc_half = float(_overall(total.sum(axis=1)))
    delta = cc_half - _overall((total + change).sum(axis=2))
    without = total.sum(axis=1, keepdims=True) - total  # (shells, blocks, 4): all but one block
    changed = change.sum(axis=2, keepdims=True) - change
    each = _overall(np.moveaxis(without, 1, 0)) - _overall(np.moveaxis(without + changed, 2, 1))  # (P, blocks)
    error = np.sqrt((_BLOCKS - 1) * np.var(each, axis=1))
    return DeltaCCHalf(cc_half, delta, error, _robust_z(delta, error), count, cc_others)


def _sums(
    observed: Observed, part: np.ndarray, n_parts: int, cells: tuple[np.ndarray, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(cells, 4) over the groups with two observations: number, y, y^2 and e^2; and their change without each part,
    (P, cells, 4); and the correlation of each part with the others (P,).

    With d = I - y, W the sum of weights and Q = sum w d^2 of a group, a part with sums a = sum w, b = sum w d and
    q = sum w d^2 leaves y - b / (W - a) and Q - q - b^2 / (W - a).
    """
    groups, intensity, variance = observed
    cell, n_cells = cells
    weight = 1 / variance
    W = groups.sum(weight)
    y = groups.sum(weight * intensity) / W
    d = intensity - y[groups.label]
    Q = groups.sum(weight * d * d)
    shell = cell // _BLOCKS
    centre = (np.bincount(shell, y) / np.maximum(np.bincount(shell), 1))[shell]  # keeps the digits of var y
    before = _row(groups.counts, W, y - centre, Q)
    total = np.column_stack([np.bincount(cell, column, n_cells) for column in before.T])
    pairs, which = np.unique(part * len(groups) + groups.label, return_inverse=True)
    owner, group = np.divmod(pairs, max(len(groups), 1))
    n, a, b, q = (np.bincount(which, v, len(pairs)) for v in (None, weight, weight * d, weight * d * d))
    left = np.maximum(W[group] - a, 1e-12 * W[group])
    after = _row(groups.counts[group] - n, left, (y - centre)[group] - b / left, Q[group] - q - b * b / left)
    others = groups.counts[group] > n
    pair = np.column_stack([(y - centre)[group] + b / a, (y - centre)[group] - b / left])[others]
    spread = np.sqrt(np.bincount(shell, (y - centre) ** 2) / np.maximum(np.bincount(shell), 1))[shell][group][others]
    cc_others = _correlation(pair / np.maximum(spread, 1e-300)[:, None], owner[others], n_parts)
    place = owner * n_cells + cell[group]
    change = [np.bincount(place, column, n_parts * n_cells) for column in (after - before[group]).T]
    return total, np.column_stack(change).reshape(n_parts, n_cells, 4), cc_others


def _correlation(pair: np.ndarray, owner: np.ndarray, n_parts: int) -> np.ndarray:
    """(P,) of the columns of ``pair`` (K, 2), which have mean 0 and spread 1 in each shell."""
    xx, yy, xy = (np.bincount(owner, v, n_parts) for v in (pair[:, 0] ** 2, pair[:, 1] ** 2, pair[:, 0] * pair[:, 1]))
    known = np.bincount(owner, minlength=n_parts) >= _FEWEST
    return np.where(known, ratio(xy, np.sqrt(xx * yy)), np.nan)


def _row(n: np.ndarray, W: np.ndarray, y: np.ndarray, Q: np.ndarray) -> np.ndarray:
    """(K, 4): 1, y, y^2 and the squared error of y; 0 where there are fewer than two observations."""
    several = n > 1
    error = np.maximum(Q, 0.0) / W / np.maximum(n - 1, 1)
    return np.where(several[:, None], np.column_stack([np.ones(len(n)), y, y * y, error]), 0.0)


def _overall(sums: np.ndarray) -> np.ndarray:
    """CC1/2 (...) over shells (..., shells, 4), weighted by their unique reflections, of which 3 are needed."""
    number = sums[..., 0]
    some = np.maximum(number, 1)
    mean_error = sums[..., 3] / some
    spread = np.maximum(sums[..., 2] - sums[..., 1] ** 2 / some, 0) / np.maximum(number - 1, 1)
    cc_half = (spread - mean_error) / np.maximum(spread + mean_error, 1e-300)
    weight = np.where(number > 2, number, 0.0)
    return ratio((weight * cc_half).sum(axis=-1), weight.sum(axis=-1))


def _robust_z(delta: np.ndarray, error: np.ndarray) -> np.ndarray:
    """(P,) distance from the median over sqrt(spread^2 + error^2), the spread by the median absolute deviation.

    A few bad parts move neither; and among parts that are alike no difference counts that its error explains.
    """
    known = np.isfinite(delta)
    if not known.any():
        return np.full(len(delta), np.nan)
    away = delta - np.median(delta[known])
    spread = 1.4826 * np.median(np.abs(away[known]))
    return away / np.maximum(np.sqrt(spread**2 + error**2), 1e-12)
