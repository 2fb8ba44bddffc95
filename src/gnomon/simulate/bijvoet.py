"""Anomalous scatterers, as far as intensities show them: Friedel mates that differ by a known amount."""

from __future__ import annotations

import numpy as np

from gnomon.maths.crystal.change_of_basis import matched
from gnomon.maths.crystal.symmetry import Group, is_centric, to_asu


def friedel_factors(hkl: np.ndarray, unique: np.ndarray, group: Group, size: float, seed: int) -> np.ndarray:
    """(N,) by what each true intensity is multiplied: (1 + x)^2 for I(+), (1 - x)^2 for I(-), 1 for centric ones.

    x is normal and the same for all equivalents, so wide that the mean of abs(F(+) - F(-)) / F is ``size``.
    hkl: (N, 3); unique: (M, 3) the asymmetric unit, outside which factors are 1.
    """
    if size == 0:
        return np.ones(len(hkl))
    asu, isym = to_asu(hkl, group)
    at, which = np.unique(asu, axis=0, return_inverse=True)
    i, j = matched(at, unique)
    x = np.zeros(len(at))
    spread = 0.5 * size * np.sqrt(np.pi / 2)  # mean of abs(2 x) is size
    x[i] = spread * np.random.default_rng([seed, 16]).normal(size=len(unique))[j]
    sign = np.where(isym % 2 == 1, 1.0, -1.0) * ~is_centric(asu, group)
    return (1 + sign * x[which.reshape(-1)]) ** 2
