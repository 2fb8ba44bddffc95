"""Whether merged intensities are off where rings of ice lie."""

from __future__ import annotations

import numpy as np

from gnomon.maths.crystal.ice import ICE_D_MIN, on_rings, powder_rings
from gnomon.models.ice import ICE_WIDTH

_BESIDE = 0.02  # 1/Å², on each side of a ring, within which reflections tell what is usual there
_LEAST = 10  # reflections on a ring, and beside it


def ring_excesses(d: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(n,) Å, the rings that have reflections enough; (n,) the mean of z on each over that beside it; (n,) its error.

    d: (M,) Å; z: (M,) intensities over the mean of their shell. 1 without ice. Errors are those of exponentially
    distributed z.
    """
    s2 = 1 / d**2
    rings = powder_rings(ICE_D_MIN)
    any_ring = on_rings(d, rings, ICE_WIDTH)
    found = []
    for ring in rings:
        on = np.abs(s2 - ring) <= ICE_WIDTH / 2
        beside = (np.abs(s2 - ring) <= _BESIDE) & ~any_ring
        if min(on.sum(), beside.sum()) < _LEAST or z[beside].mean() <= 0:
            continue
        ratio = z[on].mean() / z[beside].mean()
        error = np.hypot(z[on].std() / np.sqrt(on.sum()) / z[beside].mean(), ratio / np.sqrt(beside.sum()))
        found.append((ring**-0.5, ratio, error))
    columns = np.array(found).reshape(-1, 3).T
    return columns[0], columns[1], columns[2]
