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
