"""Reference data: the intensities of one setting, from which another data set takes its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Reference:
    """Unique reflections, sorted, and their intensities on any scale."""

    hkl: np.ndarray  # (M, 3) in the CCP4 asymmetric unit
    intensity: np.ndarray  # (M,)
    cell: np.ndarray  # (6,)
    hall_symbol: str

    def __len__(self) -> int:
        return len(self.hkl)
