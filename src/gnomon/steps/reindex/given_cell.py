"""The change of basis to a cell that the user gives."""

from __future__ import annotations

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.bravais import metric_subgroups
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.crystal.symmetry import hall_symbol, rotations, space_group
from gnomon.maths.laue_group.common_basis import CellTolerance, reduced_basis, similar_bases
from gnomon.models.crystal import Crystal, cell_from_a_matrix
from gnomon.models.experiment import Experiments
from gnomon.step import require_crystals


def to_cell(experiments: Experiments, cell: np.ndarray, symbol: str | None) -> np.ndarray:
    """P (3, 3) from the basis of the first crystal to the cell (6,), whose centring is that of the group ``symbol``.

    Without a group that of the crystal. Where the metric allows several, the one that keeps the crystal's rotations as
    those of the group, then the nearest cell, then the smallest change.
    Raises InputError where no basis of the lattice has the cell.
    """
    require_crystals("reindex", experiments)
    crystal = experiments[0].needed_crystal
    hall = crystal.hall_symbol if symbol is None else hall_symbol(space_group(symbol))
    reduced, to_reduced = reduced_basis(crystal)
    basis, from_cell = reduced_basis(Crystal(b_matrix(cell), hall))
    back = np.linalg.inv(from_cell)
    ways = [to_reduced @ W @ back for W in similar_bases(reduced, basis, CellTolerance())]
    if not ways:
        have = ", ".join(f"{x:.2f}" for x in crystal.cell)
        raise InputError(f"no basis of the lattice (cell {have}) has the cell given; check the cell and its centring")
    wanted = {W.tobytes() for W in rotations(hall)}
    possible = {W.tobytes() for W in metric_subgroups(reduced, _MAX_DELTA)[0].rotations}

    def cost(P: np.ndarray) -> tuple[bool, float, float]:
        off = np.abs(cell_from_a_matrix(crystal.A @ np.linalg.inv(P).T) / cell - 1).max()
        to_way = np.linalg.inv(to_reduced) @ P
        fits = {_turned(np.linalg.inv(to_way), np.frombuffer(W, int).reshape(3, 3)) for W in wanted} <= possible
        return not fits, round(float(off), 3), float(np.abs(P - np.eye(3)).sum())

    return min(ways, key=cost)


_MAX_DELTA = 5.0
"""Degrees that the metric may be from a rotation of the group."""


def _turned(P: np.ndarray, W: np.ndarray) -> bytes:
    return np.rint(np.linalg.inv(P) @ W @ P).astype(int).tobytes()
