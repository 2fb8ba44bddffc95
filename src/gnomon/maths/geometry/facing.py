"""The direction in which all of a body lies, seen from the crystal."""

from __future__ import annotations

import numpy as np

LEAST_COSINE = 0.02
"""Needed to tell the outline of a body while it turns by a degree."""


def facing_direction(points: np.ndarray) -> tuple[np.ndarray, float]:
    """A unit vector u and the least cosine between it and the ``points`` (n, 3), as large as u can make it, or nearly.

    Where the cosine is not above 0 no plane through the crystal has the whole body on one side: it surrounds it.
    """
    from scipy.optimize import linprog  # slow to import: only where there is a shadow

    rays = points / np.linalg.norm(points, axis=1, keepdims=True)
    n = len(rays)  # u with |u_i| <= 1 that leaves the greatest t <= u.r for all rays r
    best = linprog([0, 0, 0, -1], np.column_stack([-rays, np.ones(n)]), np.zeros(n), bounds=[(-1, 1)] * 3 + [(None, 1)])
    length = np.linalg.norm(best.x[:3])
    u = best.x[:3] / length if length else np.array([0.0, 0.0, 1.0])
    return u, float((rays @ u).min())
