"""Restraints of cells: to a target, or to what the cells of a group have in common.

Each cell edge (Å) and angle (degrees) adds ((x - x0) / sigma)^2 to the sum of squares; Waterman et al. 2016, Acta
Cryst. D72, 558. Along scans the mean of a cell stays where the fit of all put it, so that restraints act there alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.maths.crystal.cell_uncertainty import cell_jacobian
from gnomon.maths.crystal.lattice import cell_from_a_matrix
from gnomon.maths.geometry_fit.crystal_block import CrystalBlock
from gnomon.maths.geometry_fit.metric import strained_b
from gnomon.maths.geometry_fit.options import CellRestraint

_ALIKE = 1e-6  # of derivatives: cell constants that a symmetry ties, or fixes


@dataclass(frozen=True)
class Tie:
    """What restraints make of one crystal: residuals over sigmas (k,) and their derivatives (k, n) by its strains."""

    residuals: np.ndarray
    slopes: np.ndarray


def ties(
    blocks: Sequence[CrystalBlock],
    strains: Sequence[np.ndarray],
    users: Sequence[Sequence[int]],
    restraints: Sequence[CellRestraint],
) -> dict[int, list[Tie]]:
    """The ties of each crystal that stands still, by its number; strains: (n,) of each; users: its experiments.

    The mean of a group moves with its members: the sum of squares has these derivatives all the same, since the
    deviations from a mean sum to nothing.
    """
    found: dict[int, list[Tie]] = {}
    free = [c for c, block in enumerate(blocks) if block.smoother is None and len(block.strains)]
    cells, slopes = {}, {}
    for c in free:
        B, dB = strained_b(blocks[c].B0, blocks[c].strains, strains[c][None])
        cells[c] = cell_from_a_matrix(B[0])
        slopes[c] = cell_jacobian(B[0]) @ dB[0].reshape(-1, 9).T  # (6, n)
    for restraint in restraints:
        wanted = restraint.experiments
        members = [c for c in free if wanted is None or set(users[c]) & set(wanted)]
        if not members:
            continue
        centre = restraint.centre(np.array([cells[c] for c in members]))
        for c in members:
            rows = _rows(slopes[c], np.array(restraint.sigmas))
            sigma = np.array(restraint.sigmas)[rows]
            found.setdefault(c, []).append(Tie((cells[c] - centre)[rows] / sigma, slopes[c][rows] / sigma[:, None]))
    return found


def _rows(slopes: np.ndarray, sigmas: np.ndarray) -> list[int]:
    """Which cell constants are tied: those that the symmetry leaves free, of any that it makes equal the surest."""
    size = np.abs(slopes).max()
    kept: list[int] = []
    for i in np.argsort(sigmas, kind="stable").tolist():
        moves = np.abs(slopes[i]).max() > _ALIKE * size
        again = any(np.abs(slopes[i] - slopes[j]).max() <= _ALIKE * size for j in kept)
        if sigmas[i] > 0 and moves and not again:
            kept.append(i)
    return sorted(kept)
