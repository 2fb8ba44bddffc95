"""Crystals in the setting of their symmetry: cells made to obey it, orientations kept."""

from __future__ import annotations

from dataclasses import replace

import gemmi
import numpy as np

from gnomon.maths.bravais import LatticeSetting
from gnomon.maths.laue_group.decide import Wanted
from gnomon.maths.symmetry import hall_symbol, rotations, space_group
from gnomon.models.crystal import Crystal

_I_TO_C = np.array([[-1, 0, 1], [0, 1, 0], [-1, 0, 0]])


def final_setting(setting: LatticeSetting, best_beta: bool) -> tuple[np.ndarray, str]:
    """P (3, 3) to the conventional cell and the name of the group there; C 2 for I 2 where ``best_beta`` is off."""
    name = setting.group.xhm()
    if name == "I 1 2 1" and not best_beta:
        return setting.P @ _I_TO_C, "C 1 2 1"
    return setting.P, name


def setting_of(setting: LatticeSetting, A: np.ndarray, wanted: Wanted, best_beta: bool) -> tuple[np.ndarray, str]:
    """P (3, 3) from the common basis A to the cell that is wanted, else to the conventional one; and the group there.

    Raises InputError where the lattice has no such cell.
    """
    if wanted.setting is None:
        return final_setting(setting, best_beta)
    return wanted.setting.needed_change(A, setting.rotations, setting.group)


def symmetrized(A: np.ndarray, symbol: str) -> np.ndarray:
    """A (..., 3, 3) with the nearest cell that the rotations of the group leave alone, orientation unchanged.

    The metric is averaged over the group, G = mean of W^T G W; the orientation is the closest (Kabsch 1976).
    """
    W = rotations(space_group(symbol))
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
