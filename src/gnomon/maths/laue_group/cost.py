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


def merging_cost(data: Merged, rotations: np.ndarray, level: float) -> MergingCost:
    """The cost of merging unique reflections under -1 further, under the rotations (k, 3, 3) of a group.

    Rmeas = sum sqrt(n / (n - 1)) sum abs(E² - mean) / sum E² (Diederichs & Karplus 1997, Nat. Struct. Biol. 4, 269),
    with the weights 1/sigma² in the mean. sigma² is what counting makes and what true equivalents are found to differ
    by beyond that, level var(E²) / <E⁴> of E⁴: chi-squared is one where a group's equivalents differ by no more.
    """
    orbit = orbit_labels(data.hkl, rotations)
    count = np.bincount(orbit)
    some = count[orbit] > 1
    orbit, e2 = orbit[some], data.e2[some]
    mean = np.bincount(orbit, e2)[orbit] / count[orbit]
    relative = level * float(data.e2.var()) / float((data.e2**2).mean())
    sigma = np.sqrt(data.noise[some] + relative * mean**2)
    if not len(orbit):
        return MergingCost(float("nan"), float("nan"), 0)
    weight = 1 / sigma**2
    total, n = np.bincount(orbit, weight), count[orbit]
    off = e2 - (np.bincount(orbit, weight * e2) / np.where(total > 0, total, 1.0))[orbit]
    r_meas = float((np.sqrt(n / (n - 1)) * np.abs(off)).sum() / max(e2.sum(), 1e-30))
    freedom = len(orbit) - len(np.unique(orbit))
    return MergingCost(r_meas, float((weight * off**2).sum() / freedom), len(orbit))
