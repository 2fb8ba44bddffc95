"""How mosaic blocks, divergence and bandwidth spread a spot over the detector and the rocking curve.

Each cause is a small disturbance of the diffraction condition, so position and angle of a spot are jointly
normal: not a product of a spot shape and a rocking curve. A block rotated by w diffracts when the spindle has
brought q + w x q back to the sphere, elsewhere and at another angle (compare Greenhough & Helliwell 1982,
J. Appl. Cryst. 15, 338 and 493). A block of finite size reflects in a whole neighbourhood of each lattice point, the
same for all (Scherrer 1918): seen from the spindle it is wide where 1/d is small.
"""

from __future__ import annotations

import numpy as np

from gnomon.simulate.ewald import Crossings, turned
from gnomon.simulate.instrument import Instrument
from gnomon.simulate.params import SweepParams

REACH = 4.0  # standard deviations of the rocking curve that are rendered
_SCHERRER = 0.9  # full width at half maximum of a lattice point times the size of the block (Patterson 1939)
_FWHM = float(np.sqrt(8 * np.log(2)))  # full width at half maximum of a normal distribution, standard deviations


def spot_covariance(crossings: Crossings, instrument: Instrument, params: SweepParams) -> np.ndarray:
    """(N, 3, 3) covariance of (x px, y px, phi rad) of the photons of each reflection, without depth in the sensor."""
    jacobian = instrument.pixel_jacobian(crossings.s1)
    covariance = np.zeros((len(crossings.phi), 3, 3))
    for shift, beam in _disturbances(crossings, instrument, params):
        phi = -((shift * crossings.s1).sum(axis=1) + crossings.q @ beam) / crossings.speed
        s1 = shift + beam + phi[:, None] * np.cross(instrument.spindle, crossings.q)
        row = np.concatenate([np.einsum("nij,nj->ni", jacobian, s1), phi[:, None]], axis=1)
        covariance += row[:, :, None] * row[:, None, :]
    isotropic = params.point_spread**2 + (params.crystal_size / 4 / instrument.pixel_size) ** 2
    covariance[:, [0, 1], [0, 1]] += isotropic
    return covariance


def point_size(params: SweepParams) -> float:
    """Standard deviation of a lattice point along each direction, 1/Å: 0.9 / L at half height, taken as normal."""
    return _SCHERRER / _FWHM / params.domain_size if params.domain_size else 0.0


def streak_axis(params: SweepParams) -> np.ndarray:
    """(3,) unit vector, at angle zero, about which ``streak`` turns the blocks."""
    axis = np.random.default_rng([params.seed, 17]).normal(size=3)
    return axis / np.linalg.norm(axis)


def _disturbances(
    crossings: Crossings, instrument: Instrument, params: SweepParams
) -> list[tuple[np.ndarray, np.ndarray]]:
    """One standard deviation of each independent cause: change of q (N, 3) and of s0 (3,), 1/Å."""
    q = crossings.q
    still, none = np.zeros_like(q), np.zeros(3)
    blocks = [(np.cross(axis, q) * np.deg2rad(params.mosaicity), none) for axis in np.eye(3)]
    if params.streak > 0:
        axis = turned(streak_axis(params)[None, :], crossings.phi[:, None] * instrument.spindle)
        blocks.append((np.cross(axis, q) * np.deg2rad(params.streak), none))
    if params.domain_size:
        blocks += [(np.broadcast_to(axis * point_size(params), q.shape), none) for axis in np.eye(3)]
    across = np.linalg.norm(instrument.s0) * np.deg2rad(params.divergence)
    directions = [(still, across * axis) for axis in np.eye(3)[:2]]
    return [*blocks, *directions, (still, -instrument.s0 * params.bandwidth)]
