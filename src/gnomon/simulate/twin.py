"""Twins by merohedry: intensities of two orientations of one lattice on top of each other."""

from __future__ import annotations

import numpy as np

from gnomon.maths.crystal.change_of_basis import matched, parse_change_of_basis
from gnomon.simulate.params import SweepParams


def twinned(params: SweepParams, hkl: np.ndarray, intensity: np.ndarray) -> np.ndarray:
    """(N,) (1 - a) I(h) + a I(h W) with the twin fraction a and law W of ``params``; as given where there is no law.

    hkl: (N, 3) the whole sphere. A mate that is systematically absent has no intensity. Yeates 1997, Methods
    Enzymol. 276, 344.
    """
    if not params.twin_law:
        return intensity
    image = np.rint(hkl @ parse_change_of_basis(params.twin_law)).astype(hkl.dtype)
    row, at = matched(image, hkl)
    mate = np.zeros(len(hkl))
    mate[row] = intensity[at]
    return np.asarray((1 - params.twin_fraction) * intensity + params.twin_fraction * mate)
