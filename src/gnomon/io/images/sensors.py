"""What the sensor does to positions: absorption depth, and with it parallax."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gnomon.errors import InputError
from gnomon.io.images.upright import are_electrons
from gnomon.maths.attenuation import attenuation
from gnomon.models.detector import PARALLAX, SIMPLE, Detector

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
