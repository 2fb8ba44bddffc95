"""Amplitudes from intensities that may be negative: French & Wilson 1978, Acta Cryst. A34, 517."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from gnomon.maths.lattice import d_spacing
from gnomon.maths.symmetry import epsilon, is_centric
from gnomon.models.merged import Measured, MergedData

_LOWEST_RATIO = -3.7  # I / sigma below which no true intensity is likely: French & Wilson, section 4
_TABLE_END, _STEP = 10.0, 0.01


def mean_intensity(merged: MergedData, most: int = 60, least: int = 20) -> np.ndarray:
    """(M,) expected intensity of each reflection: epsilon times the mean at its resolution.

    Means of shells of equal number (at most ``most``, at least ``least`` reflections each) are joined by straight
    lines of the logarithm in 1/d^2. A shell whose mean is not positive gets the standard error of its mean.
    """
    s2 = d_spacing(merged.hkl, merged.cell) ** -2
    eps = epsilon(merged.hkl, merged.hall_symbol)
    order = np.argsort(s2, kind="stable")
    shells = np.array_split(order, max(1, min(most, len(order) // least)))
    centre = np.array([s2[rows].mean() for rows in shells])
    reduced = merged.mean.intensity / eps
    mean = np.array([reduced[rows].mean() for rows in shells])
    error = np.array([np.sqrt(((merged.mean.sigma[rows] / eps[rows]) ** 2).sum()) / len(rows) for rows in shells])
    return eps * np.exp(np.interp(s2, centre, np.log(np.maximum(mean, error))))


def amplitudes(values: Measured, merged: MergedData, expected: np.ndarray) -> Measured:
    """The values with posterior mean amplitude and its standard deviation; nan where I / sigma is below -3.7.

    With Wilson's prior, h = I / sigma - sigma / Sigma (acentric) or I / sigma - sigma / (2 Sigma) (centric);
    expected: (M,) Sigma; inf is a flat prior. French and Wilson also reject h < -4, where their tables end: whole
    shells of weak data would go, though their posterior is as good as any.
    """
    centric = is_centric(merged.hkl, merged.hall_symbol)
    with np.errstate(invalid="ignore"):
        ratio = values.intensity / values.sigma
        h = ratio - values.sigma / (expected * np.where(centric, 2, 1))
        likely = ratio >= _LOWEST_RATIO
    amplitude, deviation = np.full((2, len(h)), np.nan)
    for kind in (False, True):
        rows = np.flatnonzero(likely & (centric == kind))
        mean, sd = posterior_amplitude(h[rows], kind)
        scale = np.sqrt(values.sigma[rows])
        amplitude[rows], deviation[rows] = scale * mean, scale * sd
    return replace(values, amplitude=amplitude, amplitude_sigma=deviation)


def posterior_amplitude(h: np.ndarray, centric: bool) -> tuple[np.ndarray, np.ndarray]:
    """Posterior mean of F / sqrt(sigma) and its standard deviation, (N,) each, for h (N,).

    The posterior of J = F^2 / sigma is J^q exp(-(J - h)^2 / 2) on J > 0, q = -1/2 (centric) or 0.
    """
    f, j = np.empty_like(h), np.empty_like(h)
    high, low = h > _TABLE_END, h < -_TABLE_END
    middle = ~high & ~low
    at, table_f, table_j = _table(centric)
    f[middle], j[middle] = np.interp(h[middle], at, table_f), np.interp(h[middle], at, table_j)
    f[low], j[low] = _near_moments(h[low], centric)
    f[high], j[high] = _far_moments(h[high], centric)
    return f, np.sqrt(np.maximum(j - f**2, 0))


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
