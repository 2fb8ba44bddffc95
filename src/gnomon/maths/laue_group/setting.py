"""Crystals in the setting of their symmetry: cells made to obey it, orientations kept."""

from __future__ import annotations

from dataclasses import replace

import gemmi
import numpy as np

from gnomon.maths.crystal.bravais import LatticeSetting
from gnomon.maths.crystal.symmetry import hall_symbol, rotations, space_group
from gnomon.maths.laue_group.absences import candidates
from gnomon.maths.laue_group.decide import Wanted
from gnomon.models.crystal import Crystal

_I_TO_C = np.array([[-1, 0, 1], [0, 1, 0], [-1, 0, 0]])


def final_setting(setting: LatticeSetting, best_beta: bool) -> tuple[np.ndarray, str]:
    """P (3, 3) to the conventional cell and the name of the group there; C 2 for I 2 where ``best_beta`` is off."""
    name = setting.group.xhm()
    if name == "I 1 2 1" and not best_beta:
        return setting.P @ _I_TO_C, "C 1 2 1"
    return setting.P, name


def setting_of(setting: LatticeSetting, A: np.ndarray, wanted: Wanted, best_beta: bool) -> tuple[np.ndarray, str]:
    """P (3, 3) from the common basis A to the cell that is wanted, and the group there.

    Without one: how the crystals came, if they had this group, else the conventional cell.
    Raises InputError where the lattice has no such cell.
    """
    if wanted.setting is None:
        if wanted.given is not None and wanted.given_change is not None and _same(setting, wanted.given_rotations):
            own = space_group(wanted.given)
            return wanted.given_change, candidates(own, not own.is_sohncke())[0].xhm()
        return final_setting(setting, best_beta)
    return wanted.setting.needed_change(A, setting.rotations, setting.group)


def final_turn(group: gemmi.SpaceGroup, wanted: Wanted) -> tuple[np.ndarray, str]:
    """P (3, 3) from the setting of the group found to the final one, and its name there.

    That is the reference setting of an orthorhombic group, but for a cell or group that was given.
    """
    kept = wanted.given is not None and space_group(wanted.given).xhm() == group.xhm()
    return (np.eye(3), group.xhm()) if wanted.setting is not None or kept else to_reference(group.xhm())


def _same(setting: LatticeSetting, rotations: np.ndarray | None) -> bool:
    have = {W.tobytes() for W in np.ascontiguousarray(setting.rotations, dtype=int)}
    return rotations is not None and have == {W.tobytes() for W in np.ascontiguousarray(rotations, dtype=int)}


def symmetrized(A: np.ndarray, symbol: str) -> np.ndarray:
    """A (..., 3, 3) with the nearest cell that the rotations of the group leave alone, orientation unchanged.

    The metric is averaged over the group, G = mean of W^T G W; the orientation is the closest (Kabsch 1976).
    """
    W = rotations(symbol)
    real = np.linalg.inv(A)
    given = (real @ np.swapaxes(real, -1, -2))[..., None, :, :]
    metric = (np.swapaxes(W, 1, 2) @ given @ W).mean(axis=-3)
    ideal = np.linalg.cholesky(metric)  # rows a, b, c with this metric, in some orientation
    u, _, vt = np.linalg.svd(np.swapaxes(ideal, -1, -2) @ real)
    hand = np.ones((*A.shape[:-2], 3))
    hand[..., 2] = np.sign(np.linalg.det(u @ vt))
    return np.asarray(np.linalg.inv(ideal @ (u * hand[..., None, :]) @ vt))


def crystal_in(crystal: Crystal, P: np.ndarray, symbol: str) -> Crystal:
    """The crystal reindexed by P, its cell constrained to the group."""
    moved = crystal.reindexed(P, hall_symbol(space_group(symbol)))
    points = moved.A_at_scan_points
    return replace(
        moved,
        A=symmetrized(moved.A, symbol),
        A_at_scan_points=None if points is None else symmetrized(points, symbol),
    )


def to_reference(symbol: str) -> tuple[np.ndarray, str]:
    """P (3, 3) and name of the reference setting of an orthorhombic group (P 2 2 21, not P 21 2 2); others stay."""
    group = space_group(symbol)
    if group.crystal_system_str() != "orthorhombic" or group.is_reference_setting():
        return np.eye(3), symbol
    reference = gemmi.get_spacegroup_reference_setting(group.number)
    return np.array(group.basisop.rot) / gemmi.Op.DEN, reference.xhm()
