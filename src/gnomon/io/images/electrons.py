"""Wavelength of electrons."""

from __future__ import annotations

import numpy as np

_PLANCK, _MASS, _CHARGE, _LIGHT = 6.62607015e-34, 9.1093837015e-31, 1.602176634e-19, 299_792_458.0  # CODATA 2018


def electron_wavelength(volts: float) -> float:
    """Å: h / sqrt(2 m e V (1 + e V / 2 m c²)), for electrons that fell through ``volts``."""
    energy = _CHARGE * volts
    momentum = np.sqrt(2.0 * _MASS * energy * (1.0 + energy / (2.0 * _MASS * _LIGHT**2)))
    return float(1e10 * _PLANCK / momentum)
