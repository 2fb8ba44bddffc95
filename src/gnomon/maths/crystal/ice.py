"""The powder rings of ice, or of any other crystal: the one place that says where they are."""

from __future__ import annotations

import numpy as np

from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.crystal.symmetry import is_absent, space_group
from gnomon.models.ice import ICE_CELL, ICE_GROUP, ICE_WIDTH

ICE_D_MIN = 1.36
"""Å: rings of ice further out have no more than some hundredths of the strength of the first, by the structure factors
of its oxygen atoms (z = .0622 in 4f)."""


def powder_rings(d_min: float, cell: tuple[float, ...] = ICE_CELL, group: str = ICE_GROUP) -> np.ndarray:
    """1/d² (1/Å²), ascending, of the powder rings of a crystal down to ``d_min`` (Å): hexagonal ice, if not told.

    cell: a, b, c in Å, angles in degrees; group: name, number or Hall symbol. All that symmetry allows, weak or strong.
    """
    axes = np.asarray(cell, float)
    reach = np.ceil(axes[:3] / d_min).astype(int)
    hkl = np.indices(tuple(2 * reach + 1)).reshape(3, -1).T - reach
    hkl = hkl[hkl.any(axis=1)]
    hkl = hkl[~is_absent(hkl, space_group(group))]
    s2 = 1 / d_spacing(hkl, axes) ** 2
    return np.unique(s2[s2 <= 1 / d_min**2].round(6))


def on_rings(d: np.ndarray, rings: np.ndarray, width: float) -> np.ndarray:
    """(N,) bool: whether resolutions ``d`` (N,), Å, lie within half a ``width`` of one of ``rings`` (m,), all 1/Å²."""
    with np.errstate(divide="ignore"):  # the origin, d = 0 where nothing is known
        s2 = 1 / np.asarray(d) ** 2
    return np.asarray((np.abs(s2[:, None] - rings) <= width / 2).any(axis=1))


def on_ice_ring(d: np.ndarray) -> np.ndarray:
    """(N,) bool: whether resolutions ``d`` (N,), Å, lie on a ring of hexagonal ice."""
    return on_rings(d, powder_rings(ICE_D_MIN), ICE_WIDTH)
