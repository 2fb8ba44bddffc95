"""What a measured intensity tells of the true one, given Wilson's statistics: French & Wilson 1978, A34, 517."""

from __future__ import annotations

from functools import cache

import numpy as np

_TABLE_END, _STEP = 10.0, 0.01


def posterior_amplitude(h: np.ndarray, centric: bool) -> tuple[np.ndarray, np.ndarray]:
    """Posterior mean of F / sqrt(sigma) and its standard deviation, (N,) each, for h (N,).

    The posterior of J = F^2 / sigma is J^q exp(-(J - h)^2 / 2) on J > 0, q = -1/2 (centric) or 0.
    """
    f, j = _moments(h, centric)
    return f, np.sqrt(np.maximum(j - f**2, 0))


def posterior_intensity(h: np.ndarray, centric: bool) -> tuple[np.ndarray, np.ndarray]:
    """Posterior means (N,) of J and of J^2, for h (N,): the second is h <J> + 1 + q, by partial integration."""
    first = _moments(h, centric)[1]
    return first, np.maximum(h * first + (0.5 if centric else 1.0), first**2)


def _moments(h: np.ndarray, centric: bool) -> tuple[np.ndarray, np.ndarray]:
    """Posterior means of F and J."""
    f, j = np.empty_like(h), np.empty_like(h)
    high, low = h > _TABLE_END, h < -_TABLE_END
    middle = ~high & ~low
    at, table_f, table_j = _table(centric)
    f[middle], j[middle] = np.interp(h[middle], at, table_f), np.interp(h[middle], at, table_j)
    f[low], j[low] = _near_moments(h[low], centric)
    f[high], j[high] = _far_moments(h[high], centric)
    return f, j


@cache
def _table(centric: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """h from -10 to 10, and the posterior means of F and J there."""
    h = np.arange(-_TABLE_END, _TABLE_END + _STEP / 2, _STEP)
    return h, *_near_moments(h, centric)


def _near_moments(h: np.ndarray, centric: bool) -> tuple[np.ndarray, np.ndarray]:
    """Posterior means of F and J, where the edge at J = 0 matters: Gauss-Legendre quadrature.

    With J = t^2 the integrals of J^p exp(-(J - h)^2 / 2) are those of 2 t^(2p + 1) exp(-(t^2 - h)^2 / 2), smooth
    at 0; they end where the exponent is 40 below its top.
    """
    node, weight = np.polynomial.legendre.leggauss(64)
    end = np.sqrt(h + np.sqrt(np.minimum(h, 0) ** 2 + 80))
    t = end[:, None] * (node + 1) / 2
    top = np.minimum(h, 0)[:, None] ** 2 / 2
    density = weight * t ** (0 if centric else 1) * np.exp(top - (t**2 - h[:, None]) ** 2 / 2)
    norm = density.sum(axis=1)
    return (density * t).sum(axis=1) / norm, (density * t**2).sum(axis=1) / norm


def _far_moments(h: np.ndarray, centric: bool) -> tuple[np.ndarray, np.ndarray]:
    """Posterior means of F and J where the whole of the Gaussian is at J > 0: Gauss-Hermite quadrature."""
    node, weight = np.polynomial.hermite.hermgauss(12)
    J = h[:, None] + np.sqrt(2) * node
    density = weight * J ** (-0.5 if centric else 0.0)
    norm = density.sum(axis=1)
    return (density * np.sqrt(J)).sum(axis=1) / norm, (density * J).sum(axis=1) / norm
