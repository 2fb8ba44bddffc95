"""Data in the reference setting of their space group: that which files mean that tell a group by its number alone."""

from __future__ import annotations

from dataclasses import replace

import gemmi
import numpy as np

from gnomon.maths.crystal.change_of_basis import change_of_basis_text
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.crystal.symmetry import hall_symbol, space_group, to_asu
from gnomon.maths.data_sets.data_set import obeying_cell
from gnomon.models.crystal import cell_from_a_matrix
from gnomon.models.merged import Measured, MergedData
from gnomon.models.model import key_of
from gnomon.models.unmerged import UnmergedData


def reference_change(symbol: str) -> tuple[np.ndarray, gemmi.SpaceGroup]:
    """P (3, 3) from a setting to the reference setting of its group, h' = h P, and that setting.

    Another origin changes no index, so that P is the unit matrix for it. The reference setting is that of
    International Tables A: unique axis b and cell choice 1, standard axes, hexagonal axes.
    Raises InputError for settings that are in no table.
    """
    group = space_group(symbol)
    P = np.array(group.basisop.rot) / gemmi.Op.DEN
    return P, group if np.array_equal(P, np.eye(3)) else gemmi.get_spacegroup_reference_setting(group.number)


def _change(symbol: str) -> tuple[np.ndarray, str, str]:
    """P as of :func:`reference_change`, the Hall symbol of the reference setting, and what a user is told; "" where
    nothing changes."""
    P, group = reference_change(symbol)
    if np.array_equal(P, np.eye(3)):
        return P, symbol, ""
    told = (
        f"the file cannot tell this setting of space group {group.number}: written in the reference setting, "
        f"{space_group(symbol).xhm()} as {group.xhm()}, axes {change_of_basis_text(P)}"
    )
    return P, hall_symbol(group), told


def unmerged_in_reference_setting(data: UnmergedData) -> tuple[UnmergedData, str]:
    """The observations with indices, cell and crystals in the reference setting, and what to tell of that."""
    P, hall, told = _change(data.hall_symbol)
    if not told:
        return data, told
    crystals = data.experiments.groups_sharing("crystal")
    swap = {key_of(crystal): crystal.reindexed(P, hall) for crystal, _ in crystals if crystal is not None}
    moved = replace(
        data,
        hkl=_indices(data.hkl, P),
        cell=_cell(data.cell, P, hall),
        hall_symbol=hall,
        experiments=data.experiments.replace_model("crystal", swap),
    )
    return moved, told


def merged_in_reference_setting(data: MergedData) -> tuple[MergedData, str]:
    """Merged data in the reference setting, I(+) and I(-) of the new asymmetric unit, and what to tell of that."""
    P, hall, told = _change(data.hall_symbol)
    if not told:
        return data, told
    hkl, isym = to_asu(_indices(data.hkl, P), hall)
    mate = isym % 2 == 0
    plus, minus = data.plus, data.minus
    if plus is not None and minus is not None:
        swap = mate & (minus.count > 0)
        plus, minus = _chosen(swap, minus, plus), _chosen(swap, plus, minus)
    return replace(data, hkl=hkl, cell=_cell(data.cell, P, hall), hall_symbol=hall, plus=plus, minus=minus), told


def _indices(hkl: np.ndarray, P: np.ndarray) -> np.ndarray:
    return np.rint(hkl @ P).astype(np.int32)


def _cell(cell: np.ndarray, P: np.ndarray, hall: str) -> np.ndarray:
    return obeying_cell(cell_from_a_matrix(b_matrix(cell) @ np.linalg.inv(P).T), hall)


def _chosen(rows: np.ndarray, first: Measured, other: Measured) -> Measured:
    """The values of ``first`` in ``rows`` (M,) bool, of ``other`` elsewhere."""

    def either(a: np.ndarray | None, b: np.ndarray | None) -> np.ndarray | None:
        return None if a is None or b is None else np.where(rows, a, b)

    return Measured(
        np.where(rows, first.intensity, other.intensity),
        np.where(rows, first.sigma, other.sigma),
        np.where(rows, first.count, other.count),
        either(first.amplitude, other.amplitude),
        either(first.amplitude_sigma, other.amplitude_sigma),
    )
