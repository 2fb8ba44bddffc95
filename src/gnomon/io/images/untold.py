"""What a header does not tell and the user must: the names of the parameters of import that stand for it."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

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
"""Å, mm, mm, while nobody has told."""


@dataclass(frozen=True)
class Note:
    """What the user should know of the geometry, and the parameters each of which makes it needless to say."""

    text: str
    settled_by: tuple[str, ...] = ()


class Telling:
    """Collects what a header leaves untold while it is read."""

    def __init__(self) -> None:
        self._untold: list[str] = []
        self._notes: list[Note] = []

    def length(self, parameter: str, *told: float | None) -> float:
        """The first length told; where none is finite and above zero, another in its place, and that it is untold."""
        found = next((value for value in told if value is not None and 0 < value < math.inf), None)
        if found is None:
            self.lacks(parameter)
            return _INSTEAD[parameter]
        return found

    def pixel(self, told: Collection[float | None]) -> tuple[float, float]:
        """Both sides of a pixel, fast and slow, likewise."""
        fast, slow = (self.length(PIXEL_SIZE, side) for side in told)
        return fast, slow

    def centre(self, told: Collection[float], image_size: tuple[int, int]) -> tuple[float, float]:
        """Fast and slow, pixels: as told, else the middle of the image of ``image_size`` (fast, slow), and that."""
        values = tuple(told)
        if len(values) == 2 and all(map(math.isfinite, values)):
            return values[0], values[1]
        self.says(
            "the header has no beam centre: the beam is taken to hit the middle of the image; give "
            "fast_slow_beam_centre=... if it does not",
            BEAM_CENTRE,
        )
        return image_size[0] / 2, image_size[1] / 2

    def lacks(self, parameter: str) -> None:
        """Note that the header does not tell what this parameter of import stands for."""
        if parameter not in self._untold:
            self._untold.append(parameter)

    def says(self, text: str, *settled_by: str) -> None:
        """Note something for the user, unless one of these parameters is given."""
        self._notes.append(Note(text, settled_by))

    def swing(self, name: str, degrees: float) -> None:
        """Note a swing of the detector that is not used, where there is one."""
        if degrees:
            self.says(
                f"{name} = {degrees:g} degrees is not used, as the header does not tell its axis and sense; give "
                "reference_geometry=...",
                REFERENCE,
            )

    @property
    def untold(self) -> tuple[str, ...]:
        """The parameters that must be given, in the order of a header: beam, detector, goniometer."""
        return tuple(sorted(self._untold, key=_ORDER.index))

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was noted."""
        return tuple(self._notes)


_ORDER = (WAVELENGTH, DISTANCE, PIXEL_SIZE, BEAM_CENTRE, AXES, SENSE, OSCILLATION, REFERENCE)
