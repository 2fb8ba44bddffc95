"""What is known of single instruments by the serial number of their detector, where a miniCBF header cannot say it.

Curved detectors and goniometers of several axes. Beamlines that write full imgCIF headers need no entry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gnomon.models.detector import Detector, Panel


@dataclass(frozen=True)
class Axis:
    """A goniometer axis: its name, the word of its angle in the header, its direction at datum."""

    name: str
    header: str
    vector: tuple[float, float, float]


@dataclass(frozen=True)
class Instrument:
    """Goniometer axes from crystal to laboratory, and panels where the detector is not one flat area."""

    axes: tuple[Axis, ...] = ()
    panels: Callable[[tuple[float, float], float], Detector] | None = None  # from beam centre (px) and distance (mm)


def i23_barrel(beam_centre: tuple[float, float], distance: float) -> Detector:
    """The Pilatus 12M of Diamond I23: 24 banks of five modules on a cylinder of 250 mm radius about the spindle.

    Wagner et al. (2016), Acta D72, 430. The banks are 8.344 degrees apart. beam_centre: fast, slow in pixels;
    distance: how far the axis of the cylinder lies behind the crystal, mm.
    """
    pixel, bank_height, bank_pitch, beam_row = 0.172, 195, 212, 2594.0
    radius, lead = 250.0, 16.8
    fast = np.array([-1.0, 0.0, 0.0])
    axis = np.array([beam_centre[0] * pixel, (beam_row - beam_centre[1]) * pixel, -distance])
    panels = []
    for bank in range(24):
        angle = np.deg2rad(-98.2485 + 8.344 * bank)
        slow = np.array([0.0, np.cos(angle), np.sin(angle)])
        origin = axis + radius * np.cross(fast, slow) - lead * slow
        panels.append(
            Panel(
                fast_axis=fast,
                slow_axis=slow,
                origin=origin,
                image_size=(2463, bank_height),
                pixel_size=(pixel, pixel),
                trusted_range=(-1.0, 1e6),
                name=f"row-{bank:02d}",
                raw_image_offset=(0, bank * bank_pitch),
            )
        )
    return Detector(tuple(panels))


_SMARGON = (
    Axis("GON_PHI", "Phi", (1.0, 0.0, 0.0)),
    Axis("GON_CHI", "Chi", (0.0, 0.0, -1.0)),
    Axis("GON_OMEGA", "Omega", (1.0, 0.0, 0.0)),
)
_KAPPA_50 = (
    Axis("PHI", "Phi", (1.0, 0.0, 0.0)),
    Axis("KAPPA", "Kappa", (float(np.cos(np.deg2rad(50))), -float(np.sin(np.deg2rad(50))), 0.0)),
    Axis("OMEGA", "Omega", (1.0, 0.0, 0.0)),
)

_INSTRUMENTS = {
    "120-0100": Instrument(_KAPPA_50, i23_barrel),  # Diamond I23
    "160-0001": Instrument(_SMARGON),  # Diamond I04, Eiger 16M
}


def instrument_of(serial_number: str) -> Instrument | None:
    """What is known of the instrument whose detector has this serial number."""
    return _INSTRUMENTS.get(serial_number)
