"""Directions on a plane: the stereographic projection, and whether they prefer one."""

from __future__ import annotations

import numpy as np

from gnomon.maths.crystal.symmetry import rotations
from gnomon.models.crystal import Crystal


def axis_directions(crystal: Crystal, hkl: tuple[int, int, int]) -> np.ndarray:
    """(n, 3) unit vectors, in the laboratory at angle 0, of the reciprocal direction ``hkl`` and its equivalents.

    Of each and its opposite the one that points along +z, towards the source.
    """
    images = np.unique([np.array(hkl) @ W for W in rotations(crystal.hall_symbol)], axis=0)
    v = images @ crystal.A.T
    v = v / np.linalg.norm(v, axis=1, keepdims=True)
    return np.asarray(v * np.where(v[:, 2:] < 0, -1.0, 1.0))


def projected(directions: np.ndarray) -> np.ndarray:
    """(N, 2): unit vectors (N, 3) with z >= 0, seen along z: (x, y) / (1 + z), within the unit circle."""
    return np.asarray(directions[:, :2] / (1 + directions[:, 2:]))


def alignment(directions: np.ndarray) -> float:
    """How far axes (N, 3), unit vectors, prefer one direction: 0 as many in each, 1 all alike.

    (3 t - 1) / 2 for the largest eigenvalue t of the mean of n n', the order parameter of nematics.
    """
    largest = float(np.linalg.eigvalsh(directions.T @ directions / len(directions))[-1])
    return (3 * largest - 1) / 2


def view_along(pole: np.ndarray, right: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(3, 3) rows right, up and pole, unit vectors at right angles, right-handed.

    right is as near as can be to ``right`` (3,), and where that is along the pole, up is to ``other`` (3,).
    """
    w = pole / np.linalg.norm(pole)
    across = right - (right @ w) * w
    if np.linalg.norm(across) < 1e-6 * np.linalg.norm(right):
        across = np.cross(other, w)
    u = across / np.linalg.norm(across)
    return np.array([u, np.cross(w, u), w])


def as_seen(directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N, 3) and (N,) 1 or -1: of unit vectors (N, 3) and their opposites those with z >= 0, on the rim with y >= 0.

    Off the pole by a right angle to 1e-9 counts as on the rim, so that rounding does not choose the side.
    """
    x, y, z = np.where(np.abs(directions) < 1e-9, 0.0, directions).T
    rim = z == 0
    below = (z < 0) | (rim & ((y < 0) | ((y == 0) & (x < 0))))
    sign = np.where(below, -1, 1)
    seen = directions * sign[:, None]
    seen[rim, 2] = 0.0
    return seen, sign
