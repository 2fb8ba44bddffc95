"""Merged intensities found by index."""

from __future__ import annotations

import numpy as np

from gnomon.maths.crystal.symmetry import to_asu
from gnomon.models.merged import MergedData


class Lookup:
    """Merged intensities by index, any equivalent of it."""

    def __init__(self, merged: MergedData) -> None:
        self.group = merged.hall_symbol
        keys = self._keys(merged.hkl)
        self._order = np.argsort(keys, kind="stable")
        self._sorted = keys[self._order]
        self.intensity = merged.mean.intensity
        self.sigma = merged.mean.sigma

    @staticmethod
    def _keys(hkl: np.ndarray) -> np.ndarray:
        shifted = np.asarray(hkl).astype(np.int64) + (1 << 19)
        return (shifted[:, 0] << 40) | (shifted[:, 1] << 20) | shifted[:, 2]

    def find(self, hkl: np.ndarray) -> np.ndarray:
        """(N,) rows of the merged data; -1 where it has no such reflection."""
        wanted = self._keys(to_asu(hkl, self.group)[0])
        at = np.searchsorted(self._sorted, wanted).clip(max=len(self._sorted) - 1)
        return np.where(self._sorted[at] == wanted, self._order[at], -1)
