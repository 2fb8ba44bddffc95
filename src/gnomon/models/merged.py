"""Merged data: one row for each unique reflection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.models.names import MtzNames


@dataclass(frozen=True, eq=False)
class Measured:
    """Intensity and amplitude of each reflection with their uncertainties; nan, and count 0, where not measured."""

    intensity: np.ndarray  # (M,)
    sigma: np.ndarray  # (M,)
    count: np.ndarray  # (M,) observations
    amplitude: np.ndarray | None = None  # (M,) from French & Wilson
    amplitude_sigma: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class MergedData:
    """Unique reflections of one crystal form: means over Friedel mates, and I(+) and I(-) apart where asked."""

    hkl: np.ndarray  # (M, 3) in the CCP4 asymmetric unit, sorted
    cell: np.ndarray  # (6,)
    hall_symbol: str
    wavelength: float  # Å
    mean: Measured
    plus: Measured | None = None
    minus: Measured | None = None
    free: np.ndarray | None = None  # (M,) int: the R-free set each belongs to
    names: MtzNames = MtzNames()

    def __len__(self) -> int:
        return len(self.hkl)
