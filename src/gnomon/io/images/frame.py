"""What the header of one image says, and that of a file of many."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.io.images.untold import Note
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector
from gnomon.models.goniometer import AnyGoniometer
from gnomon.models.scan import STILL_WIDTH


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
    untold: tuple[str, ...] = ()  # parameters of import that stand for what the header does not tell
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
