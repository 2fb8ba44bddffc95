"""Bodies that surround the crystal."""

from __future__ import annotations

import numpy as np

_LEAST_MARGIN = 1e-6


def surrounds_crystal(points: np.ndarray) -> bool:
    """Whether no plane through the crystal has all ``points`` (n, 3) on one side: such a body hides everything."""
    from scipy.optimize import linprog  # slow to import: only where there is a shadow

    rays = points / np.linalg.norm(points, axis=1, keepdims=True)
    n = len(rays)  # the plane whose normal u, |u_i| <= 1, leaves the greatest margin t <= u.r for all rays r
    best = linprog([0, 0, 0, -1], np.column_stack([-rays, np.ones(n)]), np.zeros(n), bounds=[(-1, 1)] * 3 + [(None, 1)])
    return bool(-best.fun < _LEAST_MARGIN)
