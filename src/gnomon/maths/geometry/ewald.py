"""The rotation method: at which angle a reciprocal lattice point crosses the Ewald sphere.

Everything here is in the frame of the goniometer's datum, where a point is at ``R(axis, phi) F A h`` and the
incident beam at ``S^T s0``; the setting rotation S takes the answers to the laboratory.
"""

from __future__ import annotations

import numpy as np

from gnomon.models.experiment import Experiment

TURN = 2 * np.pi


def rotate(axis: np.ndarray, phi: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """``vectors`` (N, 3) turned right-handed by ``phi`` (N,) rad about unit ``axis`` (3,) or (N, 3): Rodrigues."""
    cosine, sine = np.cos(phi)[..., None], np.sin(phi)[..., None]
    along = (vectors * axis).sum(-1, keepdims=True)
    return vectors * cosine + np.cross(axis, vectors) * sine + axis * along * (1 - cosine)


def crossing_angles(
    r0: np.ndarray, s0: np.ndarray, axis: np.ndarray, entering: np.ndarray, near: np.ndarray
) -> np.ndarray:
    """The angle (N,), rad, within half a turn of ``near``, at which each point crosses the sphere; nan where never.

    r0: (N, 3) points F A h at phi = 0, 1/Å; s0: (N, 3) or (3,) incident wave vector S^T s0; axis: (N, 3) or (3,) unit;
    entering: (N,) bool chooses between the two crossings; near: (N,) rad.
    |s0 + R r0| = |s0| is u cos(phi) + v sin(phi) = c, so phi = atan2(v, u) +- acos(c / |u, v|); the length
    decreases through the + root: there the point enters (Waterman et al. 2016, Acta D72, 558, section 2).
    """
    along = (r0 * axis).sum(-1)
    u = (s0 * r0).sum(-1) - (s0 * axis).sum(-1) * along
    v = (s0 * np.cross(axis, r0)).sum(-1)
    c = -0.5 * (r0 * r0).sum(-1) - (s0 * axis).sum(-1) * along
    with np.errstate(invalid="ignore", divide="ignore"):
        half = np.arccos(c / np.hypot(u, v))
    phi = np.arctan2(v, u) + np.where(entering, half, -half)
    return phi - TURN * np.round((phi - near) / TURN)


def is_entering(experiment: Experiment, s1: np.ndarray) -> np.ndarray:
    """(N,) bool: whether points that diffract along ``s1`` (N, 3) are entering the Ewald sphere, s1 . (axis x s0) > 0.

    For a point r = s1 - s0 the squared length of s0 + r changes with phi at the rate -2 s1 . (axis x s0).
    """
    return s1 @ np.cross(experiment.needed_goniometer.lab_axis, experiment.beam.s0) > 0


def interpolated(points: np.ndarray, first: int, z: np.ndarray) -> np.ndarray:
    """Values (N, ...) at ``z`` (N,) images, linear between ``points`` (n + 1, ...) at the edges of the images.

    ``points[i]`` holds at the start of image i of the scan, z = first + i; beyond the ends the end values hold.
    """
    last = len(points) - 1
    t = np.clip(z - first, 0, last)
    i = np.minimum(t.astype(np.intp), max(last - 1, 0))
    fraction = (t - i).reshape((-1,) + (1,) * (points.ndim - 1))
    return points[i] * (1 - fraction) + points[np.minimum(i + 1, last)] * fraction
