"""What it costs to merge reflections that a group makes equivalent: Rmeas and chi-squared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.maths.laue_group.pairs import Merged, orbit_labels


@dataclass(frozen=True)
class MergingCost:
    """Of reflections with equivalents: Rmeas, and chi-squared over its degrees of freedom; nan where there are none."""

    r_meas: float
    chi2: float
    n: int


def merging_cost(data: Merged, rotations: np.ndarray) -> MergingCost:
    """The cost of merging unique reflections under -1 further, under the rotations (k, 3, 3) of a group.

    Rmeas = sum sqrt(n / (n - 1)) sum abs(E² - mean) / sum E² (Diederichs & Karplus 1997, Nat. Struct. Biol. 4, 269),
    with the weights 1/sigma² in the mean; sigma allows for what scaling would correct.
    """
    orbit = orbit_labels(data.hkl, rotations)
    count = np.bincount(orbit)
    some = count[orbit] > 1
    orbit, e2, sigma = orbit[some], data.e2[some], data.sigma[some]
    if not len(orbit):
        return MergingCost(float("nan"), float("nan"), 0)
    weight = 1 / sigma**2
    total, n = np.bincount(orbit, weight), count[orbit]
    off = e2 - (np.bincount(orbit, weight * e2) / np.where(total > 0, total, 1.0))[orbit]
    r_meas = float((np.sqrt(n / (n - 1)) * np.abs(off)).sum() / max(e2.sum(), 1e-30))
    freedom = len(orbit) - len(np.unique(orbit))
    return MergingCost(r_meas, float((weight * off**2).sum() / freedom), len(orbit))
