"""How alike data sets are, pair by pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Similarity:
    """Two (N, N) matrices in the order of the data sets, 1 on the diagonal.

    cc: correlation of the intensities that both have. cosines: of the angles between their coordinates (cosym,
    Gildea and Winter 2018). pairs: how many reflections both have; None where that was not kept.
    """

    cc: np.ndarray
    cosines: np.ndarray
    pairs: np.ndarray | None = None
