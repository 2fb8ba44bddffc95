"""Errors that all observations of a reflection by one crystal share: its atoms lie where those of others do not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gnomon.maths.merging import Groups


@dataclass(frozen=True, eq=False)
class SharedErrors:
    """Groups of equivalents, and the crystal (N,) by which each observation was made, as a number from 0."""

    groups: Groups
    crystal: np.ndarray

    @cached_property
    def _pairs(self) -> tuple[np.ndarray, Groups]:
        """(N,) to which reflection of which crystal each observation belongs, and the groups of such pairs."""
        n = int(self.crystal.max(initial=0)) + 1
        _, first, pair = np.unique(self.groups.label * n + self.crystal, return_index=True, return_inverse=True)
        return pair.reshape(-1), self.groups.select(first)

    def of_differences(self, weight: np.ndarray) -> np.ndarray:
        """(N,) what such an error of unit variance adds to the variance of (value - weighted mean of the others).

        The sum over crystals of the square of what each has in the difference: 1 less the share of its other
        observations for an observation's own crystal, the share of its observations for each other.
        """
        pair, of_pair = self._pairs
        by_pair = np.bincount(pair, weight, len(of_pair.label))
        own = by_pair[pair]
        others = of_pair.sum(by_pair**2)[self.groups.label] - own**2
        rest = self.groups.sum(weight)[self.groups.label] - weight
        return np.asarray((1 - (own - weight) / rest) ** 2 + np.maximum(others, 0.0) / rest**2)
