"""What is known of single instruments by the serial number of their detector, where a miniCBF header cannot say it.

Curved detectors, goniometers of several axes, spindles that are not +x. Beamlines that write full imgCIF headers need
no entry. Facts: what dials.import 3.12.1 makes of headers with these serial numbers
(``tests/interop/test_instruments_dials.py``). First, detectors built of modules: where the gaps between them are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gnomon.models.detector import Detector, Panel


@dataclass(frozen=True)
class Tiling:
    """Pixels of a module and of the gap to the next, each along fast and slow."""

    module: tuple[int, int]
    gap: tuple[int, int]


PILATUS = Tiling((487, 195), (7, 17))
EIGER = Tiling((1030, 514), (10, 37))
EIGER2 = Tiling((1028, 512), (12, 38))

Rectangle = tuple[int, int, int, int]
"""Fast and slow of a corner, then of the opposite one: (f0, s0, f1, s1), half-open."""


def _gaps(size: int, module: int, gap: int) -> list[tuple[int, int]] | None:
    """The gaps along one direction, or None where whole modules do not fill ``size``."""
    count, rest = divmod(size + gap, module + gap)
    if rest or not count:
        return None
    return [(k * (module + gap) - gap, k * (module + gap)) for k in range(1, count)]


def gap_rectangles(image_size: tuple[int, int]) -> tuple[Rectangle, ...]:
    """The gaps of the Pilatus or Eiger whose modules fill ``image_size`` (fast, slow) exactly; none for other sizes.

    First those that run along slow, then those along fast.
    """
    nx, ny = image_size
    for tiling in (PILATUS, EIGER, EIGER2):
        fast = _gaps(nx, tiling.module[0], tiling.gap[0])
        slow = _gaps(ny, tiling.module[1], tiling.gap[1])
        if fast is not None and slow is not None:
            return (*((a, 0, b, ny) for a, b in fast), *((0, a, nx, b) for a, b in slow))
    return ()


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


_X, _Y = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)


def _three(middle: Axis, prefix: str = "") -> tuple[Axis, ...]:
    """Phi and omega along +x, another axis between them."""
    return Axis(f"{prefix}PHI", "Phi", _X), middle, Axis(f"{prefix}OMEGA", "Omega", _X)


def _spindle(vector: tuple[float, float, float]) -> Instrument:
    return Instrument((Axis("", "", vector),))


def _turned(degrees: float) -> tuple[float, float]:
    return float(np.cos(np.deg2rad(degrees))), float(np.sin(np.deg2rad(degrees)))


_ALONG_50 = _turned(50.0)
_KAPPA_50 = _three(Axis("KAPPA", "Kappa", (_ALONG_50[0], -_ALONG_50[1], 0.0)))
_MINI_KAPPA = Instrument(_three(Axis("GON_KAPPA", "Kappa", (0.914, 0.279, -0.297)), "GON_"))
_BACKWARDS, _VERTICAL = _spindle((-1.0, 0.0, 0.0)), _spindle(_Y)

_INSTRUMENTS = {
    "120-0100": Instrument(_KAPPA_50, i23_barrel),  # Diamond I23
    "160-0001": Instrument(_three(Axis("GON_CHI", "Chi", (0.0, 0.0, -1.0)), "GON_")),  # Diamond I04, Eiger 16M
    "60-0100": _MINI_KAPPA,  # Diamond I04
    "60-0126": _MINI_KAPPA,  # Diamond I03
    "60-0119": _VERTICAL,  # Diamond I24
    "60-0115-F": _VERTICAL,  # DESY
    "E-32-0107": _VERTICAL,  # PETRA III P14, Eiger 16M
    "E-32-0105": _VERTICAL,  # MAX IV BioMAX, Eiger 16M
    "60-0125": _BACKWARDS,  # SPring-8
    "60-0127": _BACKWARDS,  # CHESS
    "60-0132": _BACKWARDS,  # APS 19-ID
}

_SOLEIL_PX1 = "60-0106"
_I23_BEFORE_KAPPA = 1_459_468_800.0
"""s since 1970: up to here the Pilatus 12M of I23 stood behind a single axis, along -x."""


def instrument_of(serial_number: str, alpha: float = 0.0, epoch: float = np.inf) -> Instrument | None:
    """What is known of the instrument whose detector has this serial number.

    alpha: how far the kappa axis is tilted from omega, degrees, as the header tells; epoch: of the exposure, seconds
    since 1970.
    """
    serial_number = serial_number.rstrip(",")
    if serial_number == _SOLEIL_PX1:
        along, across = _turned(alpha)
        return Instrument(_three(Axis("KAPPA", "Kappa", (along, 0.0, across))))
    if serial_number == "120-0100" and epoch < _I23_BEFORE_KAPPA:
        return Instrument(_BACKWARDS.axes, i23_barrel)
    return _INSTRUMENTS.get(serial_number)
