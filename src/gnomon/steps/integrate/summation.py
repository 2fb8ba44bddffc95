"""Backgrounds and summed intensities of the reflections whose frames are all there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.kernels.gather import COUNTS
from gnomon.kernels.shoebox import Panels
from gnomon.kernels.summation import sum_reflections
from gnomon.steps.integrate.background import BackgroundModel
from gnomon.steps.integrate.gathering import Gathering

WHOLE = 0.99
"""Share of the rocking curve inside the scan from which a reflection counts as fully recorded."""


@dataclass(frozen=True, eq=False)
class Sums:
    """Rows of N reflections, filled as they are complete; see ``kernels.summation`` and ``kernels.background``."""

    counts: np.ndarray  # (N, 9) int32
    total: np.ndarray  # (N, 4)
    background: np.ndarray  # (N, 5)
    moments: np.ndarray  # (N, 6)

    @classmethod
    def of(cls, gathering: Gathering) -> Sums:
        """Zeros, beside the pixels that are counted while frames pass."""
        n = len(gathering.counts)
        return cls(gathering.counts, np.zeros((n, 4)), np.zeros((n, 5)), np.zeros((n, 6)))

    def rows(self, index: slice) -> Sums:
        """The rows at ``index``."""
        return Sums(self.counts[index], self.total[index], self.background[index], self.moments[index])

    def count(self, name: str) -> np.ndarray:
        """(N,) pixels of the kind ``name``, one of COUNTS."""
        return self.counts[:, COUNTS.index(name)]

    def clean(self, which: np.ndarray) -> np.ndarray:
        """(M,) bool of the rows ``which``: a background, and every foreground pixel valid and the reflection's own."""
        count = dict(zip(COUNTS, self.counts[which].T))
        spoilt = count["bad"] + count["overloaded"] + count["lost"] + count["off"]
        return (spoilt == 0) & (count["background_used"] > 0) & (count["foreground"] > 0)

    def strong(self, which: np.ndarray, threshold: float) -> np.ndarray:
        """(M,) bool of the rows ``which``: clean and above ``threshold`` sigma."""
        value, variance = self.total[which, :2].T
        return self.clean(which) & (value > threshold * np.sqrt(np.maximum(variance, 1e-12)))

    def fill(self, gathering: Gathering, panels: Panels, model: BackgroundModel, which: np.ndarray) -> None:
        """Background and sums of the rows ``which``, all of whose frames are gathered."""
        model.estimate(gathering.boxes, panels, gathering.surroundings, which, self.counts, self.background)
        sum_reflections(
            gathering.boxes, panels, gathering.patches, which, self.background, self.counts, self.total, self.moments
        )
