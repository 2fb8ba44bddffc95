"""Absorption in the silicon sensor: how many photons stop, and how deep."""

from __future__ import annotations

import numpy as np


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
