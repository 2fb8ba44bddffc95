"""Which members of a cluster raise its Rmeas, by how much, and whether their errors account for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.maths.crystal.symmetry import space_group
from gnomon.maths.data_sets.data_set import scaled_intensities
from gnomon.maths.intensities.agreement import Observed, r_meas, r_meas_without_each
from gnomon.maths.intensities.merging import group_equivalents, others
from gnomon.models.names import data_set_names
from gnomon.step import Data

NOTED = 0.22
"""Scatter of a member beyond that of the others, relative, from which it is told: it raises Rmeas of n members by so
much over n, 2 % of ten. Good ones of a simulated kind scatter by a tenth more or less."""
BY_FAR = 1.0
"""The same of one beside which no other is seen: it scatters twice as far."""
TOO_MUCH = 2.0
"""Mean squared deviate of a member, in its errors, above which these do not account for its scatter; crystals of one
simulated kind have .8 to 1.4."""


@dataclass(frozen=True)
class Raises:
    """A member without which Rmeas is lower: its name, Rmeas with and without it, its I/sigma and that of the others
    (medians of observations), and its mean squared deviate from the others' means in its errors.
    """

    name: str
    before: float
    without: float
    strength: float
    usual: float
    squared: float

    def in_words(self) -> str:
        """A sentence."""
        start = f"Rmeas {self.before:.3f}, {self.without:.3f} without {self.name}"
        if self.squared > TOO_MUCH:
            return (
                f"{start}, whose intensities scatter {np.sqrt(self.squared):.1f} times as far as their errors say: "
                f"look at it, and leave it out by exclude_datasets= of scale if it is no good"
            )
        return (
            f"{start} (I/sigma {self.strength:.1f}, others {self.usual:.1f}): it scatters as its errors say, and is "
            "weighed so; merged intensities are no worse for it"
        )


def who_raise_rmeas(scaled: Data) -> list[Raises]:
    """The members without which Rmeas of scaled data is lower by more than is chance, the worst first.

    Those that scatter twice as far as the others go one after the other, since beside them no other is seen; then the
    rest are judged, each by itself.
    """
    usable, intensity, variance = scaled_intensities(scaled.reflections)
    groups = group_equivalents(
        scaled.reflections["miller_index"][usable], space_group(scaled.experiments[0].needed_crystal.hall_symbol)
    )
    observed = Observed(groups, intensity[usable], variance[usable])
    owner, names = scaled.reflections["id"][usable], data_set_names(scaled.experiments)
    found: list[Raises] = []
    left = list(range(len(names)))
    while len(left) > 1:
        rows = np.isin(owner, left)
        overall = r_meas(observed.select(rows))
        without = dict(enumerate(r_meas_without_each(observed.select(rows), owner[rows], len(names)).tolist()))
        worst_first = sorted(left, key=lambda i: without[i])
        raising = [i for i in worst_first if overall > (1 + NOTED / len(left)) * without[i]]
        hides_others = [i for i in raising[:1] if overall > (1 + BY_FAR / len(left)) * without[i]]
        told = hides_others or raising
        found += [_raises(observed, owner == i, names[i], (overall, without[i])) for i in told]
        if not hides_others:
            break
        left.remove(hides_others[0])
    return found


def _raises(observed: Observed, own: np.ndarray, name: str, rmeas: tuple[float, float]) -> Raises:
    groups, intensity, variance = observed
    mean, weight = others(groups, intensity, 1 / variance)
    there = own & (weight > 0)
    squared = (intensity - mean)[there] ** 2 / (variance + 1 / np.where(weight > 0, weight, 1.0))[there]
    strength = intensity / np.sqrt(variance)
    usual = float(np.median(strength[~own]))
    return Raises(name, *rmeas, float(np.median(strength[own])), usual, float(squared.mean()))
