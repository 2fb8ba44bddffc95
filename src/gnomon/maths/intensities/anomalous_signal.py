"""The anomalous signal: differences between I(+) and I(-), their size, significance and reproducibility."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.maths.intensities.agreement import Observed, half_set_means
from gnomon.maths.intensities.merging import Groups, Merged, friedel_pairs
from gnomon.maths.numerics.normal import probability_slope
from gnomon.maths.numerics.tally import Tally
from gnomon.summary import figure


@dataclass(frozen=True)
class AnomalousSignal:
    """Of all the pairs; nan without pairs."""

    slope: float = figure("slope of the normal-probability plot of dI / sigma(dI): 1 is noise alone")
    d_f_over_f: float = figure("<|F(+) - F(-)|> / <F>")
    d_i_over_sigma: float = figure("<|I(+) - I(-)|> / <sigma>")
    n_pairs: int = figure("pairs of I(+) and I(-)")


def anomalous_signal(groups: Groups, merged: Merged, limit: float = 0.9) -> AnomalousSignal:
    """Slope, dF/F and dI/sigma(dI) of data merged with I(+) and I(-) apart.

    Pairs with a negative intensity are left out of dF/F. Howell & Smith 1992, J. Appl. Cryst. 25, 81.
    """
    plus, minus = friedel_pairs(groups)
    if not len(plus):
        return AnomalousSignal(float("nan"), float("nan"), float("nan"), 0)
    I, sigma = merged.intensity, merged.sigma
    difference = I[plus] - I[minus]
    error = np.hypot(sigma[plus], sigma[minus])
    positive = (I[plus] > 0) & (I[minus] > 0)
    f_plus, f_minus = np.sqrt(I[plus][positive]), np.sqrt(I[minus][positive])
    total = (f_plus + f_minus).sum() / 2
    return AnomalousSignal(
        probability_slope(difference / error, limit),
        float(np.abs(f_plus - f_minus).sum() / total) if total > 0 else float("nan"),
        float(np.abs(difference).sum() / error.sum()),
        len(plus),
    )


def anomalous_correlation(observed: Observed, shells: Tally, seed: int = 0) -> np.ndarray:
    """(n,) correlation of I(+) - I(-) between two random halves of the data in each shell.

    observed: grouped with I(+) and I(-) apart; shells: the shell of each of those groups.
    """
    means, both = half_set_means(observed, seed)
    plus, minus = friedel_pairs(observed.groups)
    whole = both[plus] & both[minus]
    plus, minus = plus[whole], minus[whole]
    difference = means[:, plus] - means[:, minus]
    return Tally(shells.bins[plus], shells.n).correlation(difference[0], difference[1])
