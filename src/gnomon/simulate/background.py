"""What scatters besides the crystal: air, solvent, ice."""

from __future__ import annotations

import numpy as np

from gnomon.simulate.instrument import Instrument
from gnomon.simulate.params import SweepParams
from gnomon.simulate.sensor import stopped_fraction

_ICE = np.array([(3.897, 1.0), (3.669, 0.75), (3.441, 0.9), (2.671, 0.35), (2.249, 0.45), (2.072, 0.35), (1.948, 0.3)])
"""Spacing (Å) and relative strength of rings of hexagonal ice (Garman & Schneider 1997, J. Appl. Cryst. 30, 211)."""
_ICE_WIDTH = 0.0012  # 1/Å, standard deviation


def background_rate(params: SweepParams, instrument: Instrument) -> np.ndarray:
    """(slow, fast) expected photons per pixel and degree of rotation."""
    ray = instrument.pixel_rays
    cosine = -ray[..., 2]
    s = np.sqrt(2 * (1 - cosine)) / instrument.wavelength  # 1/d
    air = params.background * np.exp(-s / 0.35)
    ring = params.solvent_ring * np.exp(-0.5 * ((s - 1 / 3.3) / 0.055) ** 2)
    rate = air + ring + params.ice * _ice_rings(s)
    solid_angle = cosine**3
    return (
        rate
        * solid_angle
        * instrument.polarization_factor(ray)
        * stopped_fraction(cosine, instrument.mu, instrument.thickness)
    )


def _ice_rings(s: np.ndarray) -> np.ndarray:
    """Rings at ``s`` = 1/d, the strongest with a peak of one."""
    rings = np.zeros_like(s)
    for spacing, strength in _ICE:
        rings += strength * np.exp(-0.5 * ((s - 1 / spacing) / _ICE_WIDTH) ** 2)
    return rings
