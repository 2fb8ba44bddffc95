"""What the user gave, or the crystals came with: a cell and a group that the result is to keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gemmi
import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.crystal.symmetry import hall_symbol, rotations, space_group
from gnomon.maths.laue_group.absences import candidates
from gnomon.maths.laue_group.common_basis import CellTolerance, reduced_basis, similar_bases
from gnomon.models.crystal import Crystal, cell_from_a_matrix
from gnomon.models.experiment import Experiments


@dataclass(frozen=True, eq=False)
class GivenSetting:
    """A cell (6,), the group (None: that found) whose setting it is in, and how far cells may be from it.

    ``near``: P (3, 3) from the common basis to how the first crystal was indexed; of alike settings that one stays.
    """

    cell: np.ndarray
    symbol: str | None
    tolerance: CellTolerance
    near: np.ndarray

    def change(self, A: np.ndarray, members: np.ndarray, lattice: gemmi.SpaceGroup) -> tuple[np.ndarray, str] | None:
        """P (3, 3) from the common basis A to the cell, and the name of the group of rotations and centring there.

        members: (k, 3, 3) the rotations found, in the common basis; lattice: their group in some setting. None where no
        setting of it has the cell.
        """
        best: tuple[float, np.ndarray, str] | None = None
        for group in self._settings(lattice):
            for P in _ways(A, members, group, self):
                off = float(np.abs(cell_from_a_matrix(A @ np.linalg.inv(P).T) / self.cell - 1).max())
                score = round(off, 3) + (0.0 if np.allclose(P, self.near) else 1e-4)
                if best is None or score < best[0] - 1e-9:
                    best = (score, P, group.xhm())
        return None if best is None else best[1:]

    def needed_change(self, A: np.ndarray, members: np.ndarray, lattice: gemmi.SpaceGroup) -> tuple[np.ndarray, str]:
        """The same; InputError where there is none."""
        found = self.change(A, members, lattice)
        if found is None:
            have, want = (", ".join(f"{x:.2f}" for x in cell) for cell in (cell_from_a_matrix(A), self.cell))
            raise InputError(
                f"no setting of {lattice.xhm()} on the lattice found (reduced cell {have}) has the cell {want}; "
                "give the cell that index found, or none"
            )
        return found

    def _settings(self, lattice: gemmi.SpaceGroup) -> list[gemmi.SpaceGroup]:
        """The tabulated settings of a group of rotations and centring; that of ``symbol`` where it has one."""
        every = [g for g in gemmi.spacegroup_table() if g.number == lattice.number and g.is_sohncke()]
        if self.symbol is None:
            return every
        own = candidates(space_group(self.symbol), not space_group(self.symbol).is_sohncke())[0]
        return [g for g in every if g.xhm() == own.xhm()] or every


def _ways(A: np.ndarray, members: np.ndarray, group: gemmi.SpaceGroup, given: GivenSetting) -> list[np.ndarray]:
    """P (3, 3) from the basis A to the cell that turn the rotations into those of ``group``."""
    basis, to_reduced = reduced_basis(Crystal(b_matrix(given.cell), hall_symbol(group)))
    back = np.linalg.inv(to_reduced)
    wanted = {W.tobytes() for W in rotations(group)}
    ways = [W @ back for W in similar_bases(A, basis, given.tolerance)]
    return [P for P in ways if {_turned(P, W) for W in members} == wanted]


def _turned(P: np.ndarray, W: np.ndarray) -> bytes:
    return np.rint(np.linalg.inv(P) @ W @ P).astype(int).tobytes()


def group_of_crystals(experiments: Experiments) -> str | None:
    """The Hall symbol that all crystals came with; None where that is P 1, or they differ."""
    symbols = {e.needed_crystal.hall_symbol for e in experiments}
    if len(symbols) > 1:
        return None
    (symbol,) = symbols
    return None if len(rotations(symbol)) == 1 else symbol


def as_they_came(experiments: Experiments, changes: list[np.ndarray]) -> dict[str, Any]:
    """``given``, ``given_rotations`` and ``given_change`` of Wanted: the group of the crystals, and where it lies.

    changes: P (3, 3) of each crystal to that basis.
    """
    have = group_of_crystals(experiments)
    if have is None:
        return {}
    P = changes[0]
    turned = np.linalg.inv(P) @ rotations(have) @ P
    return {"given": have, "given_rotations": np.rint(turned).astype(int), "given_change": np.linalg.inv(P)}


def given_setting(
    known: tuple[tuple[float, ...] | None, str | None],
    experiments: Experiments,
    changes: list[np.ndarray],
    tolerance: CellTolerance,
) -> GivenSetting | None:
    """The cell of ``known`` (cell and group asked for); else that of crystals which have that group; else None."""
    cell, asked = known
    near = np.linalg.inv(changes[0])
    if cell is not None:
        return GivenSetting(np.array(cell, float), asked, tolerance, near)
    have = group_of_crystals(experiments)
    if asked is None or have is None or not _same_setting(asked, have):
        return None
    return GivenSetting(experiments[0].needed_crystal.cell, have, tolerance, near)


def _same_setting(one: str, other: str) -> bool:
    """Whether two groups have the same rotations and centring vectors, axis by axis, and the same number."""
    a, b = space_group(one), space_group(other)
    same = {W.tobytes() for W in rotations(a)} == {W.tobytes() for W in rotations(b)}
    return same and a.centring_type() == b.centring_type()
