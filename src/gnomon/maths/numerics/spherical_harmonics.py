"""Real spherical harmonics."""

from __future__ import annotations

from math import factorial, pi, sqrt

import numpy as np


def real_harmonics(directions: np.ndarray, l_max: int) -> np.ndarray:
    """(N, l_max (l_max + 2)) orthonormal real harmonics, l = 1..l_max, m = -l..l, without the constant l = 0.

    directions: (N, 3) unit vectors; polar axis z. m < 0 has sin |m| phi, m > 0 has cos m phi. Legendre functions
    without the Condon-Shortley sign, multiplied by (x + iy)^m rather than computed from angles.
    """
    x, y, z = np.asarray(directions, float).T
    around = [np.ones_like(x) + 0j]
    for _ in range(l_max):
        around.append(around[-1] * (x + 1j * y))  # sin^m(theta) exp(i m phi)
    columns: dict[tuple[int, int], np.ndarray] = {}
    for m in range(l_max + 1):
        for l, legendre in enumerate(_legendre(z, m, l_max), start=m):
            norm = sqrt((2 * l + 1) / (4 * pi) * factorial(l - m) / factorial(l + m)) * (sqrt(2) if m else 1)
            columns[l, m] = norm * legendre * around[m].real
            if m:
                columns[l, -m] = norm * legendre * around[m].imag
    return np.column_stack([columns[l, m] for l in range(1, l_max + 1) for m in range(-l, l + 1)])


def _legendre(z: np.ndarray, m: int, l_max: int) -> list[np.ndarray]:
    """P_l^m(z) / sin^m(theta) for l = m..l_max, by the recurrence in l."""
    values = [np.full_like(z, float(np.prod(np.arange(1, 2 * m, 2))))]
    if l_max > m:
        values.append((2 * m + 1) * z * values[0])
    for l in range(m + 2, l_max + 1):
        values.append(((2 * l - 1) * z * values[-1] - (l + m - 1) * values[-2]) / (l - m))
    return values
