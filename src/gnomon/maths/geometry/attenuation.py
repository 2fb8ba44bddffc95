"""How strongly the sensors of detectors absorb X-rays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

HC = 12398.419843  # eV Å (CODATA 2018)


@dataclass(frozen=True)
class _Material:
    """Density (g/cm3) and mass attenuation coefficients: Hubbell & Seltzer (1995), NISTIR 5632; keV, cm2/g."""

    density: float
    energy: tuple[float, ...]
    mass_attenuation: tuple[float, ...]


# fmt: off
_MATERIALS = {
    "Si": _Material(
        2.33,
        (1.0, 1.5, 1.8389, 1.8389, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 40, 50, 60, 80, 100, 150, 200),
        (1570, 535.5, 309.2, 3192, 2777, 978.4, 452.9, 245.0, 147.0, 64.68, 33.89, 10.34, 4.464, 1.436, 0.7012,
         0.4385, 0.3207, 0.2228, 0.1835, 0.1448, 0.1275),
    ),
    "CdTe": _Material(
        6.2,
        (1.0, 1.003, 1.006, 1.006, 1.5, 2, 3, 3.537, 3.537, 3.631, 3.727, 3.727, 4, 4.018, 4.018, 4.177, 4.341,
         4.341, 4.475, 4.612, 4.612, 4.773, 4.939, 4.939, 5, 6, 8, 10, 15, 20, 26.711, 26.711, 30, 31.814, 31.814,
         40, 50, 60, 80, 100, 150, 200),
        (7927, 7875, 7824, 8014, 3291, 1664, 614.6, 406.4, 778.7, 730.0, 684.0, 860.1, 723.0, 715.1, 793.4, 722.1,
         656.2, 932.8, 873.9, 813.5, 943.8, 870.2, 799.9, 865.3, 839.2, 528.6, 249.2, 138.1, 46.57, 21.44, 9.834,
         29.43, 21.82, 18.73, 34.92, 19.3, 10.67, 6.542, 3.019, 1.671, 0.6071, 0.3246),
    ),
}
# fmt: on

MATERIALS = tuple(_MATERIALS)
"""Sensor materials whose absorption is known."""


@cache
def attenuation(material: str, wavelength: float) -> float:
    """The linear attenuation coefficient mu, 1/mm, at a wavelength in Å; straight lines in log mu against log E.

    Raises KeyError for a material that is not tabulated, ValueError outside 1 to 200 keV.
    """
    table = _MATERIALS[material]
    energy = HC / wavelength / 1000.0
    if not table.energy[0] <= energy <= table.energy[-1]:
        raise ValueError(f"{energy:.3g} keV is outside the table for {material}, 1 to 200 keV")
    log_mu = np.interp(np.log(energy), np.log(table.energy), np.log(table.mass_attenuation))
    return float(np.exp(log_mu)) * table.density / 10.0
