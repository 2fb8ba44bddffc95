"""What headers without axes leave unsaid: the beam (of electrons or not), an upright detector, and its sensor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.geometry.attenuation import attenuation
from gnomon.models.beam import Beam
from gnomon.models.detector import PARALLAX, SIMPLE, Detector, Panel

_PLANCK, _MASS, _CHARGE, _LIGHT = 6.62607015e-34, 9.1093837015e-31, 1.602176634e-19, 299_792_458.0  # CODATA 2018


def electron_wavelength(volts: float) -> float:
    """Å: h / sqrt(2 m e V (1 + e V / 2 m c²)), for electrons that fell through ``volts``."""
    energy = _CHARGE * volts
    momentum = np.sqrt(2.0 * _MASS * energy * (1.0 + energy / (2.0 * _MASS * _LIGHT**2)))
    return float(1e10 * _PLANCK / momentum)


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


_THICKEST = 50.0
"""mm: far more than any sensor has; an image plate has 0.3, CdTe 2, scintillators 1."""


def with_sensor(
    detector: Detector, material: str, thickness: float, wavelength: float, identifier: str = ""
) -> Detector:
    """The detector with a sensor of this material and thickness (mm), mu at the wavelength (Å), and parallax.

    Without material or thickness there is no parallax, nor for electrons: they stop where they enter.
    Raises InputError where mu is not known.
    """
    if not thickness <= _THICKEST:
        raise InputError(f"a sensor {thickness:g} mm thick is hard to believe; mend the header")
    if not material or thickness <= 0 or are_electrons(wavelength):
        sensor = {"mu": 0.0, "px_mm_strategy": SIMPLE}
    else:
        try:
            sensor = {"mu": attenuation(material, wavelength), "px_mm_strategy": PARALLAX}
        except KeyError:
            raise InputError(f"a sensor of {material}: its absorption is not known; gnomon knows Si and CdTe") from None
        except ValueError as error:
            raise InputError(f"wavelength {wavelength:g} Å: {error}; check the wavelength") from None
    changes: dict[str, Any] = {"material": material, "thickness": thickness, "identifier": identifier, **sensor}
    return replace(detector, panels=tuple(replace(panel, **changes) for panel in detector.panels))
