"""Crystals in the setting of their symmetry: cells made to obey it, orientations kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gnomon.maths.bravais import LatticeSetting
from gnomon.maths.symmetry import rotations, space_group
from gnomon.models.crystal import Crystal

_I_TO_C = np.array([[-1, 0, 1], [0, 1, 0], [-1, 0, 0]])


def final_setting(setting: LatticeSetting, best_beta: bool) -> tuple[np.ndarray, str]:
    """P (3, 3) to the conventional cell and the name of the group there; C 2 for I 2 where ``best_beta`` is off."""
    name = setting.group.xhm()
    if name == "I 1 2 1" and not best_beta:
        return setting.P @ _I_TO_C, "C 1 2 1"
    return setting.P, name


def symmetrized(A: np.ndarray, symbol: str) -> np.ndarray:
    """A (..., 3, 3) with the nearest cell that the rotations of the group leave alone, orientation unchanged.

    The metric is averaged over the group: G = mean of W^T G W.
    """
    if A.ndim == 3:
        return np.stack([symmetrized(a, symbol) for a in A])
    W = rotations(space_group(symbol))
    real = np.linalg.inv(A)
    metric = np.mean(W.swapaxes(1, 2) @ (real @ real.T) @ W, axis=0)
    ideal = np.linalg.cholesky(metric)  # rows a, b, c with this metric, in some orientation
    u, _, vt = np.linalg.svd(ideal.T @ real)
    turn = u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt
    return np.linalg.inv(ideal @ turn)


def crystal_in(crystal: Crystal, P: np.ndarray, symbol: str) -> Crystal:
    """The crystal reindexed by P, its cell constrained to the group."""
    moved = crystal.reindexed(P, _hall(symbol))
    points = moved.A_at_scan_points
    return replace(
        moved,
        A=symmetrized(moved.A, symbol),
        A_at_scan_points=None if points is None else symmetrized(points, symbol),
    )


def _hall(symbol: str) -> str:
    hall = str(space_group(symbol).hall)
    return hall if hall.startswith("-") else " " + hall


def to_reference(symbol: str) -> tuple[np.ndarray, str]:
    """P (3, 3) and name of the reference setting of an orthorhombic group (P 2 2 21, not P 21 2 2); others stay."""
    group = space_group(symbol)
    if group.crystal_system_str() != "orthorhombic" or group.is_reference_setting():
        return np.eye(3), symbol
    import gemmi

    reference = gemmi.get_spacegroup_reference_setting(group.number)
    # coordinates change by x' = Q x (basisop: from the reference to this setting), axes by P = Q^-1
    Q = np.array(group.basisop.rot) / gemmi.Op.DEN
    return Q if _fits(group, reference, Q) else np.linalg.inv(Q), reference.xhm()


def _fits(group, reference, P: np.ndarray) -> bool:
    """Whether the absences of ``group``, moved by P, are those of ``reference``."""
    from gnomon.maths.symmetry import is_absent

    hkl = np.indices((9, 9, 9)).reshape(3, -1).T - 4
    return bool((is_absent(hkl, group) == is_absent(np.rint(hkl @ P).astype(int), reference)).all())
