"""What makes equal reflections unequal: beam, damage, absorption, slippage, a crystal that is off the spindle."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from gnomon.models.goniometer import rotation_about
from gnomon.simulate.ewald import Crossings
from gnomon.simulate.instrument import Instrument
from gnomon.simulate.params import SimulateParams, SweepParams
from gnomon.simulate.sensor import stopped_fraction


def orientation(params: SweepParams) -> np.ndarray:
    """(3, 3) U of the crystal, as given or random."""
    quaternion = np.random.default_rng([params.seed, 2]).normal(size=4)
    if params.orientation is None:
        w, x, y, z = quaternion / np.linalg.norm(quaternion)
        u = rotation_about(np.array([x, y, z]), 2 * np.arctan2(np.linalg.norm([x, y, z]), w))
    else:
        u = np.eye(3)
        for direction, angle in zip(np.eye(3), params.orientation):
            u = rotation_about(direction, np.deg2rad(angle)) @ u
    return u


def second_orientation(params: SimulateParams) -> np.ndarray:
    """(3, 3) U of the second lattice: turned from the first about a random axis."""
    axis = np.random.default_rng([params.seed, 2]).normal(size=7)[4:]
    return rotation_about(axis, np.deg2rad(params.second_lattice_angle)) @ orientation(params)


@dataclass(frozen=True)
class Slippage:
    """A smooth turn of the crystal on its mount, slow at both ends of the scan."""

    total: np.ndarray  # (3,) rotation vector, radians
    first: float
    last: float

    @classmethod
    def of(cls, params: SweepParams) -> Slippage:
        """About a random axis, by ``slippage`` degrees in all."""
        axis = np.random.default_rng([params.seed, 3]).normal(size=3)
        total = axis / np.linalg.norm(axis) * np.deg2rad(params.slippage)
        first = np.deg2rad(params.start)
        return cls(total, first, first + np.deg2rad(params.width * params.images))

    def __call__(self, phi: np.ndarray) -> np.ndarray:
        """(N, 3) rotation vectors at ``phi`` (N,), radians."""
        t = np.clip((phi - self.first) / (self.last - self.first), 0, 1)
        return (t * t * (3 - 2 * t))[:, None] * self.total


def position(params: SweepParams, phi: np.ndarray) -> np.ndarray:
    """(N, 3) mm of the crystal at ``phi`` (N,), radians, from where beam and spindle meet: a circle about the spindle.

    The beam bathes the crystal wherever it is. Where on the circle it is at angle zero is random.
    """
    around = phi + np.random.default_rng([params.seed, 20]).uniform(0, 2 * np.pi)
    return params.off_spindle * np.column_stack([np.zeros(len(phi)), np.cos(around), np.sin(around)])


def beam_fluctuation(params: SweepParams) -> np.ndarray:
    """(images,) intensity of the beam during each image, around one."""
    noise = np.random.default_rng([params.seed, 4]).normal(size=params.images)
    shut = _stretches(params, ((first, last, 0.0) for first, last in params.shut))
    return np.clip(1 + params.fluctuation * noise, 0.05, None) * shut


def diffracting_volume(params: SweepParams) -> np.ndarray:
    """(images,) share of the crystal that is in the beam during each image."""
    return _stretches(params, params.dimmed) * _stretches(params, ((a, b, 0.0) for a, b in params.away))


def _stretches(params: SweepParams, rows: Iterable[tuple[float, ...]]) -> np.ndarray:
    """(images,) the share that ``rows`` (first image, last, share) leave; one elsewhere."""
    share = np.ones(params.images)
    for first, last, left in rows:
        share[max(int(first), 1) - 1 : int(last)] *= left
    return share


def spot_shift(params: SweepParams, number: int) -> np.ndarray:
    """(2,) px by which spots of image ``number`` (from 1) lie off where the instrument would have them."""
    return np.array(params.beam_jump) * (number - 1 >= params.images // 2)


def transmission(params: SweepParams, crossings: Crossings, instrument: Instrument) -> np.ndarray:
    """(N,) fraction left after absorption by the crystal and its mount, one at best.

    The body is an ellipsoid fixed to the spindle and diffraction happens off its centre, so that the path
    to the surface is smooth in direction and has no centre of symmetry. Beer's law.
    """
    if params.absorption == 0:
        return np.ones(len(crossings.phi))
    cosine, sine = np.cos(crossings.phi), np.sin(crossings.phi)
    out = crossings.s1 * instrument.wavelength
    back = np.broadcast_to(-instrument.s0 * instrument.wavelength, out.shape)
    paths = [_path(_unturned(ray, cosine, sine), params.seed) for ray in (out, back)]
    return np.exp(-params.absorption * 0.5 * (paths[0] + paths[1]))


def _unturned(ray: np.ndarray, cosine: np.ndarray, sine: np.ndarray) -> np.ndarray:
    """Laboratory directions in the frame of the crystal's mount (the spindle is X)."""
    return np.stack([ray[:, 0], cosine * ray[:, 1] + sine * ray[:, 2], cosine * ray[:, 2] - sine * ray[:, 1]], -1)


def _path(direction: np.ndarray, seed: int) -> np.ndarray:
    """(N,) distance from a point in the ellipsoid to its surface; the longest semi-axis is one."""
    rng = np.random.default_rng([seed, 5])
    axes = np.array([1.0, 0.6, 0.35])
    frame = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    centre = 0.3 * rng.uniform(-1, 1, 3)
    u = direction @ frame / axes
    a, b, c = (u**2).sum(axis=1), u @ centre, centre @ centre - 1
    return (-b + np.sqrt(b * b - a * c)) / a


def damage(params: SweepParams, crossings: Crossings) -> np.ndarray:
    """(N,) fraction left by radiation damage: exp(-B t / (2 d²)), B growing evenly along the scan."""
    t = (np.rad2deg(crossings.phi) - params.start) / (params.width * params.images)
    return np.exp(-0.5 * params.decay_b * np.clip(t, 0, 1) * (crossings.q**2).sum(axis=1))


def lorentz_polarization(crossings: Crossings, instrument: Instrument) -> np.ndarray:
    """(N,) L P. Lorentz: time in reflecting position goes as one over the speed through the sphere (Buerger 1940)."""
    lorentz = 1 / (np.abs(crossings.speed) * instrument.wavelength**2)
    return lorentz * instrument.polarization_factor(crossings.s1 * instrument.wavelength)


def sensor_efficiency(crossings: Crossings, instrument: Instrument) -> np.ndarray:
    """(N,) fraction of the photons that stop in the sensor."""
    return stopped_fraction(-crossings.s1[:, 2] * instrument.wavelength, instrument.mu, instrument.thickness)


def counting_factor(params: SweepParams, crossings: Crossings, instrument: Instrument) -> np.ndarray:
    """(N,) photons counted per photon of true intensity: Lorentz, polarisation, sensor, absorption, damage."""
    left = transmission(params, crossings, instrument) * damage(params, crossings)
    return lorentz_polarization(crossings, instrument) * sensor_efficiency(crossings, instrument) * left
