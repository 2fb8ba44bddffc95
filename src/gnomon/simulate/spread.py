"""How mosaic blocks, divergence and bandwidth spread a spot over the detector and the rocking curve.

Each cause is a small disturbance of the diffraction condition, so position and angle of a spot are jointly
normal: not a product of a spot shape and a rocking curve. A block rotated by w diffracts when the spindle has
brought q + w x q back to the sphere, elsewhere and at another angle (compare Greenhough & Helliwell 1982,
J. Appl. Cryst. 15, 338 and 493).
"""

from __future__ import annotations

import numpy as np

from gnomon.simulate.ewald import Crossings
from gnomon.simulate.instrument import Instrument
from gnomon.simulate.params import SweepParams


def spot_covariance(crossings: Crossings, instrument: Instrument, params: SweepParams) -> np.ndarray:
    """(N, 3, 3) covariance of (x px, y px, phi rad) of the photons of each reflection, without depth in the sensor."""
    jacobian = instrument.pixel_jacobian(crossings.s1)
    covariance = np.zeros((len(crossings.phi), 3, 3))
    for shift, beam in _disturbances(crossings.q, instrument, params):
        phi = -((shift * crossings.s1).sum(axis=1) + crossings.q @ beam) / crossings.speed
        s1 = shift + beam + phi[:, None] * np.cross(instrument.spindle, crossings.q)
        row = np.concatenate([np.einsum("nij,nj->ni", jacobian, s1), phi[:, None]], axis=1)
        covariance += row[:, :, None] * row[:, None, :]
    isotropic = params.point_spread**2 + (params.crystal_size / 4 / instrument.pixel_size) ** 2
    covariance[:, [0, 1], [0, 1]] += isotropic
    return covariance


def _disturbances(q: np.ndarray, instrument: Instrument, params: SweepParams) -> list[tuple[np.ndarray, np.ndarray]]:
    """One standard deviation of each independent cause: change of q (N, 3) and of s0 (3,), 1/Å."""
    still, none = np.zeros_like(q), np.zeros(3)
    blocks = [(np.cross(axis, q) * np.deg2rad(params.mosaicity), none) for axis in np.eye(3)]
    across = np.linalg.norm(instrument.s0) * np.deg2rad(params.divergence)
    directions = [(still, across * axis) for axis in np.eye(3)[:2]]
    return [*blocks, *directions, (still, -instrument.s0 * params.bandwidth)]
