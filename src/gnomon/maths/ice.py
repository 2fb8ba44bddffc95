"""The powder rings of ice, or of any other crystal."""

from __future__ import annotations

import numpy as np

from gnomon.maths.lattice import d_spacing
from gnomon.maths.symmetry import is_absent, space_group

ICE_CELL = (4.498, 4.498, 7.338, 90.0, 90.0, 120.0)
ICE_GROUP = "P 63/m m c"


def powder_rings(d_min: float, cell: tuple[float, ...] = ICE_CELL, group: str = ICE_GROUP) -> np.ndarray:
    """1/d² (1/Å²), ascending, of the powder rings of a crystal down to ``d_min`` (Å): hexagonal ice, if not told.

    cell: a, b, c in Å, angles in degrees; group: name, number or Hall symbol.
    """
    axes = np.asarray(cell, float)
    reach = np.ceil(axes[:3] / d_min).astype(int)
    hkl = np.indices(tuple(2 * reach + 1)).reshape(3, -1).T - reach
    hkl = hkl[hkl.any(axis=1)]
    hkl = hkl[~is_absent(hkl, space_group(group))]
    s2 = 1 / d_spacing(hkl, axes) ** 2
    return np.unique(s2[s2 <= 1 / d_min**2].round(6))


def on_rings(d: np.ndarray, rings: np.ndarray, width: float) -> np.ndarray:
    """Whether resolutions ``d`` (N,), Å, lie within half a ``width`` (1/Å²) of one of the ``rings`` (m,), 1/Å²."""
    s2 = 1 / np.asarray(d) ** 2
    return np.asarray((np.abs(s2[:, None] - rings) <= width / 2).any(axis=1))
