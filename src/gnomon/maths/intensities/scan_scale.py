"""Scale and fall-off of intensities along a scan, told from the intensities themselves, before symmetry is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.maths.numerics.smoother import Smoother

_SPACING = 5.0
"""Degrees between checkpoints at the least: volume in the beam and damage change slowly; noise must not be fitted."""
_PER_CHECKPOINT = 200
"""Observations a checkpoint: the scale is then known to 7 %, the scatter of unscaled intensities."""
_LEAST = 400
"""Observations below which a scan is left alone: for two checkpoints."""
_MOST_USED = 40_000
_PRIOR = 1.0
"""Expected size of a change in ln I along the scan, also that at the resolution limit."""
_ROUNDS = 8
_LARGEST = 16.0
"""Ratios to the expectation beyond this are not Wilson's."""


@dataclass(frozen=True, eq=False)
class Scan:
    """Observations of one scan: rotation (N,) degrees, 1/d² (N,), index (N, 3), intensity and sigma (N,).

    ``phi`` is None where nothing tells it, or there is none.
    """

    phi: np.ndarray | None
    s2: np.ndarray
    hkl: np.ndarray
    intensity: np.ndarray
    sigma: np.ndarray


def scan_scale(scan: Scan, expected: np.ndarray) -> np.ndarray:
    """(N,) the factor on each intensity along the scan, exp(k(phi) + b(phi) s²), of mean logarithm zero.

    expected: (N,) the mean intensity at each resolution. Intensities over their expectation are exponential (Wilson
    1949), so k and b are those of a gamma regression with logarithmic link (McCullagh & Nelder 1989, chapter 8);
    errors lower the weight. Anisotropy, which a rotating crystal shows as a change, is fitted beside and left in.
    Ones where there are fewer than 400 observations.
    """
    n = len(scan.s2)
    if scan.phi is None or n < _LEAST or np.ptp(scan.phi) == 0:
        return np.ones(n)
    span = float(np.ptp(scan.phi))
    smoother = Smoother.over(float(scan.phi.min()), float(scan.phi.max()), max(_SPACING, span * _PER_CHECKPOINT / n))
    used = slice(None, None, max(1, n // _MOST_USED))
    ratio = scan.intensity / expected
    noise = (scan.sigma / expected) ** 2
    along = _along_scan(smoother, scan)
    design = np.hstack([along, _anisotropy(scan)])
    fit = _gamma_regression(design[used], ratio[used], noise[used])
    logarithm = along @ fit[: along.shape[1]]
    return np.asarray(np.exp(logarithm - logarithm.mean()))


def overall_scale(scan: Scan, expected: np.ndarray) -> np.ndarray:
    """(N,) the factor on each intensity, exp(k + b s²), of a whole data set; known to 1/sqrt(N).

    expected: (N,) the mean intensity at each resolution, of other data sets too.
    """
    design = np.column_stack([np.ones(len(scan.s2)), scan.s2 / scan.s2.max()])
    level = float(scan.intensity.mean() / expected.mean())
    if level <= 0:
        return np.ones(len(design))
    fit = _gamma_regression(design, scan.intensity / expected / level, (scan.sigma / expected / level) ** 2)
    return np.asarray(level * np.exp(np.clip(design @ fit, -5, 5)))


def _along_scan(smoother: Smoother, scan: Scan) -> np.ndarray:
    """(N, 2 m) weights of the checkpoints of k, and of b over the largest s²."""
    assert scan.phi is not None
    curve = smoother.design(scan.phi)
    return np.hstack([curve, curve * (scan.s2 / scan.s2.max())[:, None]])


def _anisotropy(scan: Scan) -> np.ndarray:
    """(N, 6) products of indices, each over its greatest."""
    products = scan.hkl[:, [0, 1, 2, 0, 0, 1]] * scan.hkl[:, [0, 1, 2, 1, 2, 2]]
    return np.asarray(products / np.maximum(np.abs(products).max(axis=0), 1))


def _gamma_regression(design: np.ndarray, ratio: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """The coefficients that make exp(design @ c) the mean of ``ratio``, drawn to zero by their prior; IRLS."""
    c = np.zeros(design.shape[1])
    prior = np.eye(len(c)) / _PRIOR**2
    for _ in range(_ROUNDS):
        mean = np.exp(np.clip(design @ c, -5, 5))
        weight = 1 / (1 + noise / mean**2)
        step = np.clip(ratio / mean, -1, _LARGEST) - 1
        weighted = design * weight[:, None]
        change = np.linalg.solve(weighted.T @ design + prior, weighted.T @ step - prior @ c)
        c = c + change
        if np.abs(change).max() < 1e-3:
            break
    return c
