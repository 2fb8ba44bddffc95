"""How strongly the sensors of detectors, and diamond, absorb X-rays."""

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
    "C": _Material(
        3.51,  # of diamond
        (1.0, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 40, 50, 60, 80, 100, 150, 200),
        (2211, 700.2, 302.6, 90.33, 37.78, 19.12, 10.95, 4.576, 2.373, 0.8071, 0.4420, 0.2562, 0.2076, 0.1871, 0.1753,
         0.1610, 0.1514, 0.1347, 0.1229),
    ),
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
"""Materials whose absorption is known."""


def attenuation(material: str, wavelength: float) -> float:
    """The linear attenuation coefficient mu, 1/mm, at a wavelength in Å; see :func:`mass_attenuation`."""
    return mass_attenuation(material, wavelength) * _MATERIALS[material].density / 10.0


@cache
def mass_attenuation(material: str, wavelength: float) -> float:
    """The mass attenuation coefficient mu/rho, cm2/g, at a wavelength in Å.

    Between the energies of the table log mu/rho goes straight against log E where there are absorption edges, and as a
    cubic spline where there are none: straight lines are 2.5 % too high for carbon at 12 keV.
    Raises KeyError for a material that is not tabulated, ValueError outside 1 to 200 keV.
    """
    table = _MATERIALS[material]
    energy = HC / wavelength / 1000.0
    if not table.energy[0] <= energy <= table.energy[-1]:
        raise ValueError(f"{energy:.3g} keV is outside the table for {material}, 1 to 200 keV")
    x, y, at = np.log(table.energy), np.log(table.mass_attenuation), np.log(energy)
    if (np.diff(x) == 0).any():
        return float(np.exp(np.interp(at, x, y)))
    from scipy.interpolate import CubicSpline  # slow to import, and seldom needed

    return float(np.exp(CubicSpline(x, y)(at)))
