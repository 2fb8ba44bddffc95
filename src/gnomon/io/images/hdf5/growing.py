"""A master and its data while they are written: which images are there, and their pixels."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.frame import Frame, Written
from gnomon.io.images.hdf5.fields import opened
from gnomon.io.images.hdf5.header import Header
from gnomon.io.images.hdf5.presence import data_set, frames_there, places_of
from gnomon.io.images.hdf5.reader import StackReader
from gnomon.io.images.hdf5.stack import Part, Segment, numbered, parts_of
from gnomon.models.imageset import ImageSet


class GrowingStack:
    """Looks for new images when asked, and reads them. Between two looks many threads may read.

    Each look opens the files anew: so it sees what was written since, on network file systems too, whether the
    writer uses SWMR or closes its files.
    """

    def __init__(self, frame: Frame, header: Header) -> None:
        self.frame = frame
        self.problems: dict[str, str] = {}
        """What was in the way at the last look, by file."""
        self._header = header
        self._parts: list[Part] = []
        self._segments: list[Segment] = []
        self._given: set[int] = set()
        self._reader: StackReader | None = None
        self._opening = threading.Lock()

    @property
    def announced(self) -> int | None:
        """How many images there will be: as many as the detector was asked for, or the data have room for."""
        asked, angles = self._header.n_images, len(self._header.turning.starts)
        room = sum(part.count for part in self._parts) if all(part.fixed for part in self._parts) else 0
        return max(asked if asked > 1 else 0, room) or (angles if angles > 1 else asked) or None

    @property
    def files(self) -> set[str]:
        """The paths of the data files known so far."""
        return {segment.path for segment in self._segments}

    def look(self) -> list[Written]:
        """The images written since the last look, in order of number."""
        self._reader = None
        self.problems = {}
        with opened(self.frame.path) as file:
            self._parts = parts_of(file)
        self._segments = numbered(self._parts)
        self.problems |= {part.path: part.problem for part in self._parts if part.problem}
        found = [image for place in places_of(self._segments).items() for image in self._new_in(*place)]
        self._given |= {image.number for image in found}
        return sorted(found, key=lambda image: image.number)

    def _new_in(self, place: tuple[str, str], numbers: dict[int, int]) -> list[Written]:
        path, dataset = place
        waiting = sorted(frame for frame, number in numbers.items() if number not in self._given)
        if not waiting or not Path(path).is_file():
            return []
        try:
            with opened(path) as file:
                found = frames_there(data_set(file, dataset), waiting, len(numbers) - len(waiting))
        except InputError as error:
            self.problems[path] = str(error)
            return []
        written = Path(path).stat().st_mtime
        return [Written(numbers[frame], path, written) for frame in found]

    def read(self, number: int) -> tuple[np.ndarray, ...]:
        """As :meth:`StackReader.read`, of images that were found."""
        with self._opening:
            if self._reader is None:
                images = ImageSet(template=self.frame.path)
                self._reader = StackReader(images, self._segments, self.frame.detector.panels)
        return self._reader.read(number)
