"""What scatters besides the crystal: air, solvent, ice."""

from __future__ import annotations

import numpy as np

from gnomon.maths.crystal.lattice import d_spacing
from gnomon.models.ice import ICE_CELL
from gnomon.simulate.instrument import Instrument
from gnomon.simulate.params import SweepParams
from gnomon.simulate.sensor import stopped_fraction

_ICE = {
    (1, 0, 0): 1.0,
    (0, 0, 2): 0.75,
    (1, 0, 1): 0.9,
    (1, 0, 2): 0.35,
    (1, 1, 0): 0.45,
    (1, 0, 3): 0.35,
    (2, 0, 0): 0.3,
}
"""Relative strength of the rings of hexagonal ice that are drawn (Garman & Schneider 1997, J. Appl. Cryst. 30, 211)."""
_ICE_WIDTH = 0.0012  # 1/Å, standard deviation
_STRIP = 128  # rows of pixels at a time: an image of 16M would take 1.5 GB at once


def background_rate(params: SweepParams, instrument: Instrument) -> np.ndarray:
    """(slow, fast) expected photons per pixel and degree of rotation."""
    nx, ny = instrument.image_size
    rate = np.empty((ny, nx))
    for first in range(0, ny, _STRIP):
        slow = np.arange(first, min(first + _STRIP, ny))
        rate[slow] = _rate_along(params, instrument, instrument.pixel_rays(np.arange(nx), slow))
    return rate


def _rate_along(params: SweepParams, instrument: Instrument, ray: np.ndarray) -> np.ndarray:
    """(...) photons per pixel and degree along unit vectors ``ray`` (..., 3)."""
    cosine = -ray[..., 2]
    s = np.sqrt(2 * (1 - cosine)) / instrument.wavelength  # 1/d
    air = params.background * np.exp(-s / 0.35)
    ring = params.solvent_ring * np.exp(-0.5 * ((s - 1 / 3.3) / 0.055) ** 2)
    rate = air + ring
    if params.ice > 0:
        rate += params.ice * _ice_rings(s)
    stopped = stopped_fraction(cosine, instrument.mu, instrument.thickness)
    solid_angle = cosine**3
    return rate * solid_angle * instrument.polarization_factor(ray) * stopped


def _ice_rings(s: np.ndarray) -> np.ndarray:
    """Rings at ``s`` = 1/d, the strongest with a peak of one."""
    rings = np.zeros_like(s)
    for spacing, strength in zip(d_spacing(np.array(list(_ICE)), np.array(ICE_CELL)), _ICE.values()):
        rings += strength * np.exp(-0.5 * ((s - 1 / spacing) / _ICE_WIDTH) ** 2)
    return rings
