"""How intensities change with dose, by pairs of equivalents of one crystal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.kernels.dose_pairs import dose_pairs
from gnomon.maths.intensities.merging import Groups, merge
from gnomon.maths.numerics.tally import ratio

_BLOCKS = 20  # parts of the unique reflections, each left out once to see how sure the change is


@dataclass(frozen=True, eq=False)
class DosePairs:
    """Sums over pairs of equivalents of one crystal, as :func:`gnomon.kernels.dose_pairs.dose_pairs` has them."""

    later: np.ndarray  # (C, B, D, 4)
    apart: np.ndarray  # (C, B, D, 5)
    width: float  # dose of a bin

    def of(self, crystal: int) -> DosePairs:
        """Those of one crystal."""
        return DosePairs(self.later[crystal : crystal + 1], self.apart[crystal : crystal + 1], self.width)

    @property
    def rcp(self) -> np.ndarray:
        """(D,) R of pairs up to each dose: sum |I_i - I_j| / sum (I_i + I_j) / 2. Winter et al. 2019, D75, 242."""
        sums = np.cumsum(self.later.sum(axis=(0, 1)), axis=0)
        return ratio(sums[:, 1], sums[:, 2])

    @property
    def scp(self) -> np.ndarray:
        """(D,) sum |I_i - I_j| of pairs whose later dose is this, over what their variances let expect: 1 for noise."""
        sums = self.later.sum(axis=(0, 1))
        return ratio(sums[:, 1], sums[:, 3])

    @property
    def rd(self) -> np.ndarray:
        """(D,) R of pairs by the difference of their doses. Diederichs 2006, Acta Cryst. D62, 96."""
        sums = self.apart.sum(axis=(0, 1))
        return ratio(sums[:, 1], sums[:, 2])

    def change(self) -> tuple[float, float]:
        """k^2 and its standard error: intensities change by k of themselves per unit of dose, either way.

        The mean of ((I_i - I_j)^2 - variances) / I^2 over pairs at dose difference x is c + k^2 x^2; the slope by
        weighted least squares, its error by leaving out a twentieth of the unique reflections at a time.
        nan where no two doses can be compared.
        """
        blocks = self.apart.sum(axis=0)  # (B, D, 5)
        total = blocks.sum(axis=0)
        slope = self._slope(total)
        left_out = np.array([self._slope(total - block) for block in blocks])
        return slope, float(np.sqrt((len(blocks) - 1) * np.var(left_out)))

    def _slope(self, sums: np.ndarray) -> float:
        weight, x = sums[:, 4], (np.arange(len(sums)) * self.width) ** 2
        if (weight > 0).sum() < 3:
            return float("nan")
        y = ratio(sums[:, 3], weight)
        used = weight > 0
        x, y, weight = x[used], y[used], weight[used]
        dx = x - np.average(x, weights=weight)
        return float(np.sum(weight * dx * y) / np.sum(weight * dx * dx))


def pairs_by_dose(
    observed: tuple[Groups, np.ndarray, np.ndarray],
    crystal: tuple[np.ndarray, int],
    dose: tuple[np.ndarray, int, float],
    seed: int = 0,
) -> DosePairs:
    """The sums over all pairs of equivalents of one crystal.

    crystal: (N,) of each observation, and how many there are; dose: (N,) bin of each, their number, and their width.
    """
    groups, intensity, variance = observed
    mean = merge(groups, intensity, variance).intensity
    key = groups.label * crystal[1] + crystal[0]
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    unique, owner = np.divmod(key[order][starts], crystal[1])
    blocks = min(_BLOCKS, max(len(groups), 1))
    block = np.random.default_rng(seed).permutation(len(groups))[unique] % blocks
    later, apart = dose_pairs(
        np.append(starts, len(order)), owner, block, mean[unique], dose[0][order].astype(np.intp),
        intensity[order], variance[order], (crystal[1], blocks, dose[1]),
    )  # fmt: skip
    return DosePairs(later, apart, dose[2])


def seen_by_dose(groups: Groups, dose: np.ndarray, n_doses: int) -> tuple[np.ndarray, np.ndarray]:
    """(D,) unique reflections and observations measured up to each dose; dose: (N,) bins."""
    first = np.full(len(groups), n_doses)
    np.minimum.at(first, groups.label, dose)
    unique = np.cumsum(np.bincount(first, minlength=n_doses)[:n_doses])
    return unique, np.cumsum(np.bincount(dose, minlength=n_doses))


def expected_errors(multiplicity: np.ndarray, i_over_sigma: float, k_squared: float, dose: np.ndarray) -> np.ndarray:
    """(D,) relative error of intensities merged from dose 0 to each: sqrt(noise^2 / multiplicity + (k dose / 2)^2).

    Data merged from 0 to D stand for a crystal at D / 2. i_over_sigma: of an observation; dose: (D,) at the bins' ends.
    """
    noise = 1 / i_over_sigma**2 / np.maximum(multiplicity, 1e-300)
    return np.sqrt(noise + max(k_squared, 0.0) * (dose / 2) ** 2)
