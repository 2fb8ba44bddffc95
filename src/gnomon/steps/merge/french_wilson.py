"""Amplitudes from intensities that may be negative: French & Wilson 1978, Acta Cryst. A34, 517."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.crystal.symmetry import epsilon, is_centric
from gnomon.maths.intensities.robust_means import robust_means
from gnomon.maths.intensities.wilson_posterior import posterior_amplitude
from gnomon.maths.numerics.tally import equal_tally
from gnomon.models.merged import Measured, MergedData

_LOWEST_RATIO = -3.7  # I / sigma below which no true intensity is likely: French & Wilson, section 4


def mean_intensity(
    merged: MergedData, classes: np.ndarray | None = None, most: int = 60, least: int = 20
) -> np.ndarray:
    """(M,) expected intensity of each reflection: epsilon times the mean at its resolution, times that of its class.

    classes: (M,) what translational NCS makes of the mean: with one for all, amplitudes of weak classes would be too
    large; None for none.

    Means of shells of equal number (at most ``most``, at least ``least`` reflections each) are joined by straight
    lines of the logarithm in 1/d^2. A shell whose mean is not positive gets the standard error of its mean. What cannot
    be true of a shell (an absurd sigma, an ice spot) does not count: see :func:`robust_means`.
    """
    s2 = d_spacing(merged.hkl, merged.cell) ** -2
    eps = epsilon(merged.hkl, merged.hall_symbol) * (1.0 if classes is None else classes)
    shells = equal_tally(s2, max(1, min(most, len(s2) // least)))
    found = robust_means(merged.mean.intensity / eps, merged.mean.sigma / eps, shells)
    centre = shells.mean(s2)
    return eps * np.exp(np.interp(s2, centre, np.log(np.maximum(found.mean, found.error))))


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
