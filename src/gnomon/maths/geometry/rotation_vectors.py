"""Rotations as vectors: direction the axis, length the angle in radians."""

from __future__ import annotations

import numpy as np


def cross_matrix(v: np.ndarray) -> np.ndarray:
    """(..., 3, 3) matrices X with X u = v x u, for ``v`` (..., 3)."""
    out = np.zeros((*np.shape(v), 3))
    x, y, z = np.moveaxis(np.asarray(v, float), -1, 0)
    out[..., 0, 1], out[..., 0, 2], out[..., 1, 2] = -z, y, -x
    out[..., 1, 0], out[..., 2, 0], out[..., 2, 1] = z, -y, x
    return out


def rotation_matrix(v: np.ndarray) -> np.ndarray:
    """(..., 3, 3) rotation matrices exp([v]x) of rotation vectors ``v`` (..., 3), rad: Rodrigues."""
    angle = np.linalg.norm(v, axis=-1)[..., None, None]
    X = cross_matrix(v)
    return np.eye(3) + np.sinc(angle / np.pi) * X + 0.5 * np.sinc(angle / (2 * np.pi)) ** 2 * X @ X


def left_jacobian(v: np.ndarray) -> np.ndarray:
    """(..., 3, 3) J with d exp([v]x) = [J dv]x exp([v]x).

    J = 1 + (1 - cos a)/a^2 X + (a - sin a)/a^3 X^2; the last factor is expanded where a is small, as the
    difference loses its digits.
    """
    angle = np.linalg.norm(v, axis=-1)[..., None, None]
    X = cross_matrix(v)
    small = angle < 0.05
    safe = np.where(small, 1.0, angle)
    third = np.where(small, 1 / 6 - angle**2 / 120 + angle**4 / 5040, (safe - np.sin(safe)) / safe**3)
    return np.eye(3) + 0.5 * np.sinc(angle / (2 * np.pi)) ** 2 * X + third * X @ X


def turns_from(A: np.ndarray, origin: np.ndarray) -> np.ndarray:
    """(n, 3) rotation vectors, rad, of the crystals that have settings ``A`` (n, 3, 3) from one that has ``origin``.

    origin: (3, 3). Of A origin^-1 the nearest rotation is taken, so that changes of the cell do not count: its polar
    decomposition (Higham 1986, SIAM J. Sci. Stat. Comput. 7, 1160). Turns are below 180 degrees.
    """
    left, _, right = np.linalg.svd(A @ np.linalg.inv(origin))
    R = left @ right
    pairs = ((2, 1), (0, 2), (1, 0))
    axis = np.stack([R[:, i, j] - R[:, j, i] for i, j in pairs], axis=1) / 2
    sine = np.linalg.norm(axis, axis=1)
    angle = np.arctan2(sine, (np.trace(R, axis1=1, axis2=2) - 1) / 2)
    return np.asarray(axis * np.where(sine > 0, angle / np.where(sine > 0, sine, 1.0), 1.0)[:, None])
