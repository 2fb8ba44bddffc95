"""The instrument as far as a reflection file tells it: frame, sense of rotation, and where the detector stood."""

from __future__ import annotations

import numpy as np

from gnomon.maths.geometry.ewald import rotate
from gnomon.models.detector import Panel
from gnomon.models.experiment import Experiment

_SAME_FRAME = 0.7  # cosine of the beam with -z above which a frame is taken for ours
_LARGEST_MISS = 0.02  # of 1 / wavelength: a median distance from the Ewald sphere that is no accident


def laboratory_turn(axis: np.ndarray, s0: np.ndarray) -> np.ndarray:
    """(3, 3) the rotation into our laboratory frame: the beam along -z, the rotation axis near x.

    The unit matrix where the beam runs near -z already. axis, s0: (3,) rotation axis and incident wave vector.
    """
    z = -s0 / np.linalg.norm(s0)
    if z[2] > _SAME_FRAME:
        return np.eye(3)
    x = axis - (axis @ z) * z
    x /= np.linalg.norm(x)
    return np.array([x, np.cross(z, x), z])


def diffracted_rays(experiment: Experiment, hkl: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """(N, 3) wave vectors s1 of length 1 / wavelength that hkl (N, 3) send out at the angles phi (N,) rad."""
    goniometer, crystal = experiment.goniometer, experiment.crystal
    assert crystal is not None
    r = hkl @ crystal.A.T
    if goniometer is not None:
        turned = rotate(goniometer.rotation_axis, phi, r @ goniometer.fixed_rotation.T)
        r = turned @ goniometer.setting_rotation.T
    s1 = r + experiment.beam.s0
    return s1 / np.linalg.norm(s1, axis=1, keepdims=True) / experiment.beam.wavelength


Setting = tuple[np.ndarray, np.ndarray, np.ndarray]
"""A (3, 3) at phi = 0, rotation axis (3,) and s0 (3,), all in one frame."""


def settle_senses(setting: Setting, hkl: np.ndarray, phi: np.ndarray) -> Setting | None:
    """The setting with the senses of axis and beam under which hkl (N, 3) at phi (N,) rad lie on the Ewald sphere.

    Headers hold the beam either way round: towards the source by CCP4's book, with the light by DIALS' early files.
    None where no choice fits: the file's orientation cannot be used.
    """
    A, axis, s0 = setting
    r = hkl @ A.T
    radius = float(np.linalg.norm(s0))
    best, least = None, _LARGEST_MISS * radius
    for turning in (axis, -axis):
        turned = rotate(turning, phi, r)
        for light in (s0, -s0):
            miss = float(np.median(np.abs(np.linalg.norm(turned + light, axis=1) - radius)))
            if miss < least:
                best, least = (A, turning, light), miss
    return best


def fitted_panel(s1: np.ndarray, px: np.ndarray, distance: float, image_size: tuple[int, int]) -> Panel | None:
    """The flat panel across the beam (s0 along -z) on which rays s1 (N, 3) strike pixels px (N, 2).

    Least squares; distance in mm. None where the pixels do not follow the rays.
    """
    forward = s1[:, 2] < -1e-3
    if forward.sum() < 10 or distance <= 0:
        return None
    mm = s1[forward, :2] / -s1[forward, 2:] * distance
    design = np.column_stack([px[forward], np.ones(forward.sum())])
    found, _, rank, _ = np.linalg.lstsq(design, mm, rcond=None)
    sizes = np.linalg.norm(found[:2], axis=1)
    misfit = np.median(np.abs(design @ found - mm)) / max(sizes.max(), 1e-12)
    fast, slow = found[:2] / np.maximum(sizes, 1e-12)[:, None]
    if rank < 3 or misfit > 10 or abs(fast @ slow) > 0.1:
        return None
    slow = slow - (slow @ fast) * fast
    origin = np.append(found[2], -distance)
    return Panel(
        np.append(fast, 0),
        np.append(slow / np.linalg.norm(slow), 0),
        origin,
        image_size,
        (float(sizes[0]), float(sizes[1])),
    )
