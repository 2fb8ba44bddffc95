"""Absorption in the silicon sensor: how many photons stop, and how deep."""

from __future__ import annotations

import numpy as np

_KEV = np.array([3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0, 80.0, 100.0])
_CM2_PER_G = np.array(
    [978.4, 452.9, 245.0, 147.0, 64.68, 33.89, 10.34, 4.464, 1.436, 0.7012, 0.4385, 0.3207, 0.2228, 0.1835]
)
_DENSITY = 2.33  # g/cm³


def silicon_attenuation(wavelength: float) -> float:
    """Attenuation coefficient of silicon, 1/mm, at ``wavelength`` (Å).

    Log-log interpolation of the mass attenuation table of Hubbell & Seltzer (NIST, NISTIR 5632).
    """
    kev = 12.398419843 / wavelength
    return float(np.exp(np.interp(np.log(kev), np.log(_KEV), np.log(_CM2_PER_G)))) * _DENSITY / 10


def stopped_fraction(cosine: np.ndarray, mu: float, thickness: float) -> np.ndarray:
    """Fraction of photons absorbed in the sensor (its quantum efficiency), for rays at ``cosine`` to its normal."""
    return 1 - np.exp(-mu * thickness / cosine)


def depth_nodes(cosine: np.ndarray, mu: float, thickness: float, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Path lengths (N, n) in mm at which photons stop, and the weight (N, n) of each, summing to one.

    Gauss-Legendre nodes over the path t / cos, weighted by Beer's law exp(-mu l): the spot is smeared along
    the ray, not merely displaced.
    """
    x, w = np.polynomial.legendre.leggauss(n)
    path = thickness / cosine[:, None]
    length = 0.5 * path * (1 + x)
    weight = w * np.exp(-mu * length)
    return length, weight / weight.sum(axis=1, keepdims=True)
