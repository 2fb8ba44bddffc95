"""Orientations that a goniometer of three axes can give a crystal, and the angles that do so."""

from __future__ import annotations

import numpy as np

from gnomon.models.goniometer import rotation_about

PARALLEL = 1e-9
"""Sine of an angle below which two axes of a goniometer are one and the same."""
ONE_SOLUTION = 1e-6
"""Sine of the angle, rad, between two solutions below which they are one: more than rounding makes of none."""


def three_axis_angles(axes: np.ndarray, R: np.ndarray) -> list[tuple[float, float, float]]:
    """The angles (degrees, from the crystal outwards, in (-180, 180]) that make ``R`` (3, 3); none where it cannot be.

    axes: (3, 3) rows e1 (nearest the crystal), e2, e3. R = R(e3) R(e2) R(e1), so that e3 · R e1 = e3 · R(e2) e1 holds
    for the middle angle, which has two solutions, one at the limits of reach; the others follow from
    R(e3) (R(e2) e1) = R e1 and R(e1) (R^T e3) = R(e2)^T e3 (Thomas 1990, Acta Cryst. A46, 321). Where e1 and e3 have
    become one axis, the inner angle is 0.
    """
    e1, e2, e3 = (axis / np.linalg.norm(axis) for axis in np.asarray(axes, float))
    along = (e3 @ e2) * (e2 @ e1)
    u, v = e3 @ e1 - along, e3 @ np.cross(e2, e1)
    size, wanted = np.hypot(u, v), e3 @ R @ e1 - along
    if abs(wanted) > size * (1 + PARALLEL) or size < PARALLEL:
        return []
    middle, half = np.arctan2(v, u), np.arccos(np.clip(wanted / size, -1, 1))
    found = []
    for angle in (middle + half, middle - half) if np.sin(half) > ONE_SOLUTION else (middle + half,):
        K = rotation_about(e2, angle)
        start, end = K.T @ e3, R.T @ e3
        inner = 0.0 if np.linalg.norm(np.cross(e1, end)) < PARALLEL else _turn(e1, end, start)
        outer = _whole_turn(e3, R @ rotation_about(e1, -inner) @ K.T)
        degrees = np.rad2deg([inner, angle, outer])
        found.append(tuple((180.0 - (180.0 - degrees) % 360.0).tolist()))
    return found


def _turn(axis: np.ndarray, one: np.ndarray, other: np.ndarray) -> float:
    """The angle, rad, by which ``one`` turns into ``other`` about ``axis``, to which both have the same angle."""
    across = np.cross(axis, one)
    return float(np.arctan2(other @ across, other @ one - (axis @ one) * (axis @ other)))


def _whole_turn(axis: np.ndarray, R: np.ndarray) -> float:
    """The angle, rad, of a rotation ``R`` about ``axis``."""
    some = np.eye(3)[np.argmin(np.abs(axis))]
    return _turn(axis, some, R @ some)
