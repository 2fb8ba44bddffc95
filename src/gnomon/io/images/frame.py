"""What the header of one image says, and that of a file of many; and what it does not say and the user must."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

from gnomon.models.beam import Beam
from gnomon.models.detector import Detector
from gnomon.models.goniometer import AnyGoniometer
from gnomon.models.scan import STILL_WIDTH

WAVELENGTH = "geometry.beam.wavelength"
DISTANCE = "geometry.detector.distance"
PIXEL_SIZE = "geometry.detector.panel.pixel_size"
BEAM_CENTRE = "geometry.detector.fast_slow_beam_centre"
AXES = "geometry.goniometer.axes"
SENSE = "geometry.goniometer.invert_rotation_axis"
OSCILLATION = "geometry.scan.oscillation"
REFERENCE = "input.reference_geometry"

UNSURE_SENSE = "the sense of its axes could not be checked: if indexing fails, import with invert_rotation_axis=true"

_INSTEAD = {WAVELENGTH: 1.0, DISTANCE: 1000.0, PIXEL_SIZE: 1.0}
"""Å, mm, mm, until the user gives them."""


@dataclass(frozen=True)
class Note:
    """What the user should know of the geometry, and the parameters each of which makes it needless to say."""

    text: str
    settled_by: tuple[str, ...] = ()


class HeaderCheck:
    """Values of a header, something in the place of those that it lacks, and the list of these."""

    def __init__(self) -> None:
        self._missing: list[str] = []
        self._notes: list[Note] = []

    def length(self, parameter: str, *given: float | None) -> float:
        """The first length given; where none is finite and above zero, another in its place, and it is missing."""
        found = next((value for value in given if value is not None and 0 < value < math.inf), None)
        if found is None:
            self.lacks(parameter)
            return _INSTEAD[parameter]
        return found

    def pixel(self, given: Collection[float | None]) -> tuple[float, float]:
        """Both sides of a pixel, fast and slow, likewise."""
        fast, slow = (self.length(PIXEL_SIZE, side) for side in given)
        return fast, slow

    def centre(self, given: Collection[float], image_size: tuple[int, int]) -> tuple[float, float]:
        """Fast and slow, pixels: as given, else the middle of the image of ``image_size`` (fast, slow), and that."""
        values = tuple(given)
        if len(values) == 2 and all(map(math.isfinite, values)):
            return values[0], values[1]
        self.note(
            "the header has no beam centre: the beam is taken to hit the middle of the image; give "
            "fast_slow_beam_centre=... if it does not",
            BEAM_CENTRE,
        )
        return image_size[0] / 2, image_size[1] / 2

    def lacks(self, parameter: str) -> None:
        """Note that the header does not tell what this parameter of import stands for."""
        if parameter not in self._missing:
            self._missing.append(parameter)

    def note(self, text: str, *settled_by: str) -> None:
        """Note something for the user, unless one of these parameters is given."""
        self._notes.append(Note(text, settled_by))

    def swing(self, name: str, degrees: float) -> None:
        """Note a swing of the detector that is not used, where there is one."""
        if degrees:
            self.note(
                f"{name} = {degrees:g} degrees is not used, as the header does not tell its axis and sense; give "
                "reference_geometry=...",
                REFERENCE,
            )

    @property
    def missing(self) -> tuple[str, ...]:
        """The parameters that must be given, in the order of a header: beam, detector, goniometer."""
        return tuple(sorted(self._missing, key=_ORDER.index))

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was noted."""
        return tuple(self._notes)


_ORDER = (WAVELENGTH, DISTANCE, PIXEL_SIZE, BEAM_CENTRE, AXES, SENSE, OSCILLATION, REFERENCE)


@dataclass(frozen=True, eq=False)
class Frame:
    """The models of one image, its rotation and its times."""

    path: str
    format: str
    beam: Beam
    detector: Detector
    goniometer: AnyGoniometer | None
    oscillation: tuple[float, float]  # start and width, degrees
    exposure_time: float = 0.0  # s
    epoch: float = 0.0  # s since 1970, UTC
    index: int | None = None  # place in a file of many images, from 0
    missing: tuple[str, ...] = ()  # parameters of import that stand for what the header does not tell
    notes: tuple[Note, ...] = ()  # what the user should know of the geometry

    @property
    def is_still(self) -> bool:
        """Whether the crystal does not turn during the exposure, as far as the header says."""
        return abs(self.oscillation[1]) < STILL_WIDTH


@dataclass(frozen=True, eq=False)
class Stack:
    """The images of one file, in order, and what the user should know of it.

    numbers: those (from 1) that are there, where not all of them are.
    """

    frames: tuple[Frame, ...]
    notes: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True)
class Written:
    """One image of a file that grows: its number in the collection, the file with its pixels, when that was last
    written to."""

    number: int
    path: str
    time: float  # s since 1970
