"""Which lattices are worth recommending."""

from __future__ import annotations

import math


def is_recommended(misfit: float, min_cc: float, rmsd: float, rmsd_p1: float) -> bool:
    """Whether a lattice is good beside the triclinic one, by the rule of reference A5.

    misfit: metric, degrees; min_cc: the least correlation over its rotations (nan: unknown); rmsd and rmsd_p1 in the
    same unit. A metric within 0.5 degrees is refused only where correlation < 0.5 and the residual is 1.5 times that
    of P 1; otherwise where correlation < 0.7 and twice; always at three times.
    """
    ratio = rmsd / rmsd_p1 if rmsd_p1 > 0 else 1.0
    if not math.isfinite(ratio) or ratio > 3:
        return False
    least_cc, most = (0.5, 1.5) if misfit < 0.5 else (0.7, 2.0)
    poor_cc = not math.isfinite(min_cc) or min_cc < least_cc
    return not (poor_cc and ratio > most)
