"""Where a figure of merit falls below what is worth keeping: smooth fits against resolution."""

from __future__ import annotations

import numpy as np

from gnomon.maths.intensities.agreement import significant_correlation
from gnomon.maths.intensities.statistics import ShellStatistics


def tanh_curve(s2: np.ndarray, centre: float, width: float) -> np.ndarray:
    """(1 - tanh((s^2 - centre) / width)) / 2: one at low resolution, zero at high.

    s2: (n,), 1/d^2. Evans & Murshudov 2013, Acta Cryst. D69, 1204.
    """
    return 0.5 * (1 - np.tanh((s2 - centre) / width))


def fit_tanh(s2: np.ndarray, values: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Centre and width (both 1/Å^2, width > 0) of the tanh curve nearest to ``values`` (n,), by weighted least squares.

    Gauss-Newton from the best point of a grid; a centre beyond the data means that the figure stays high.
    """
    span = float(s2.max())
    starts = [(c, w) for c in np.linspace(0.2, 2.0, 19) * span for w in np.geomspace(0.02, 1.0, 12) * span]
    misfit = [np.sum(weights * (values - tanh_curve(s2, *start)) ** 2) for start in starts]
    centre, width = starts[int(np.argmin(misfit))]
    best = min(misfit)
    for _ in range(30):
        t = np.tanh((s2 - centre) / width)
        slope = 0.5 * (1 - t**2) / width
        J = np.column_stack([slope, slope * (s2 - centre) / width])
        residual = values - 0.5 * (1 - t)
        step = np.linalg.lstsq(np.sqrt(weights)[:, None] * J, np.sqrt(weights) * residual, rcond=1e-8)[0]
        trial = (centre + step[0], max(width + step[1], 1e-3 * span))
        value = np.sum(weights * (values - tanh_curve(s2, *trial)) ** 2)
        if not value < best * (1 - 1e-8):
            break
        (centre, width), best = trial, value
    return float(centre), float(width)


_FEWEST_PAIRS = 50  # unique reflections compared; fewer tell nothing of where CC1/2 falls


def cc_half_known(shells: ShellStatistics) -> tuple[np.ndarray, bool]:
    """(n,) bool: shells that have a CC1/2; and whether they suffice for a curve: three, and 50 reflections in all."""
    known = np.isfinite(shells.cc_half) & (shells.cc_half_pairs > 2)
    return known, bool(known.sum() >= 3 and shells.cc_half_pairs[known].sum() >= _FEWEST_PAIRS)


def cc_half_resolution(shells: ShellStatistics, limit: float = 0.3, significance: float = 0.1) -> float | None:
    """The resolution d (Å) at which the tanh curve through CC1/2 falls to ``limit``.

    None where the data end first, where there is no CC1/2 (:func:`cc_half_known`), or no shell reaches the limit.
    Never beyond the first two shells running whose CC1/2 chance would exceed with probability ``significance``.
    """
    cc, pairs = shells.cc_half, shells.cc_half_pairs
    known, enough = cc_half_known(shells)
    if not enough:
        return None
    s2 = middle_s2(shells)
    centre, width = fit_tanh(s2[known], cc[known], pairs[known].astype(float))
    found = centre + width * np.arctanh(1 - 2 * limit)
    chance = known & (cc < significant_correlation(pairs, significance))
    noise = np.flatnonzero(chance[:-1] & chance[1:])
    if len(noise):
        found = min(found, shells.d_max[noise[0]] ** -2.0)
    return float(found**-0.5) if 0 < found < s2[known][-1] else None


FEWEST_SHELLS = 5
"""That a cubic goes through."""


def middle_s2(shells: ShellStatistics) -> np.ndarray:
    """(n,) 1/d^2 in the middle of each shell."""
    return (shells.d_max**-2.0 + shells.d_min**-2.0) / 2


def crossing_resolution(s2: np.ndarray, values: np.ndarray, limit: float, *, logarithmic: bool = True) -> float | None:
    """The resolution d (Å) at which a falling figure reaches ``limit``, by a cubic through its shells; None if never.

    s2: (n,) rising; values: (n,), nan left out. ``logarithmic`` fits ln(values), for what falls exponentially
    (I/sigma); values that are not positive end the fit.
    """
    known = np.isfinite(values)
    if logarithmic:
        known &= values > 0
    s2, values = s2[known], values[known]
    if len(s2) < FEWEST_SHELLS or values[-1] > limit:
        return None
    y, level = (np.log(values), np.log(limit)) if logarithmic else (values, limit)
    fine = np.linspace(s2[0], s2[-1], 1000)
    curve = np.polyval(np.polyfit(s2, y, 3), fine)
    below = np.flatnonzero(curve < level)
    return float(fine[below[0]] ** -0.5) if len(below) else None
