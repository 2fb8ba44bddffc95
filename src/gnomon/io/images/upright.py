"""What headers without axes leave unsaid: an upright detector, and whether the beam is of electrons."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gnomon.models.beam import Beam
from gnomon.models.detector import Panel

_SHORTEST_X_RAYS = 0.05
"""Å. Electrons of 80 keV have 0.0418 Å, of 300 keV 0.0197; no diffractometer has X-rays of 248 keV."""


def are_electrons(wavelength: float) -> bool:
    """Whether a beam of this wavelength (Å) is one of electrons."""
    return wavelength < _SHORTEST_X_RAYS


def beam_of(wavelength: float, polarization_fraction: float = 0.999) -> Beam:
    """A beam along -z: of electrons, which are not polarised, where the wavelength (Å) is as short as theirs."""
    if are_electrons(wavelength):
        return Beam(wavelength=wavelength, probe="electron", polarization_fraction=0.5)
    return Beam(wavelength=wavelength, polarization_fraction=polarization_fraction)


def upright_panel(
    image_size: tuple[int, int], pixel_size: Sequence[float], centre: Sequence[float], distance: float
) -> Panel:
    """A panel across the beam, fast along +x and slow along -y, pixel ``centre`` (fast, slow) at (0, 0, -distance).

    pixel_size and distance in mm.
    """
    return Panel(
        fast_axis=np.array([1.0, 0.0, 0.0]),
        slow_axis=np.array([0.0, -1.0, 0.0]),
        origin=np.array([-centre[0] * pixel_size[0], centre[1] * pixel_size[1], -distance]),
        image_size=image_size,
        pixel_size=(float(pixel_size[0]), float(pixel_size[1])),
    )
