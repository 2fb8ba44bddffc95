"""Images that turn up while a crystal is being measured: what is there, and what stands still enough to be read.

No notification of the operating system is used: it does not cross network file systems, where beamlines write.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from gnomon.errors import InputError
from gnomon.io.images.frame import Frame
from gnomon.io.images.registry import ImageReader, format_of, looks_like_image
from gnomon.io.images.templates import MULTI_IMAGE, pattern_of, split_number
from gnomon.models.imageset import ImageSet

_FIRST_RETRY, _LONGEST_RETRY = 0.1, 2.0  # s between attempts to read a damaged file


@dataclass(frozen=True)
class Arrival:
    """One image: number ``number`` of ``template`` (as ImageSet has it), in ``path``, last written at ``written``."""

    template: str
    number: int
    path: str
    written: float  # s since 1970

    @property
    def name(self) -> str:
        """The path of an image that has a file of its own; else its number too."""
        return f"{self.template}: image {self.number}" if self.template.endswith(MULTI_IMAGE) else self.path


class Arrivals(Protocol):
    """Where images come from. Each is given once, and again after :meth:`put_back`."""

    @property
    def changed(self) -> float:
        """When (as the clock says) something was last seen to arrive or to grow."""

    def poll(self) -> list[Arrival]:
        """The images that may be whole, by now and not given before, in order of number."""

    def put_back(self, image: Arrival) -> None:
        """Take back an image that turned out not to be whole, to be given again a little later."""

    def opened(self, image: Arrival) -> tuple[Frame, ImageReader]:
        """The models of an image that was given, and a reader of all of its template."""

    @property
    def announced(self) -> Mapping[str, int | None]:
        """How many images there will be in all, of templates whose files may say so; None while they do not."""

    @property
    def problems(self) -> Mapping[str, str]:
        """What cannot be read so far, and why: files that may hold images of which nothing is known yet."""


@dataclass
class Retry:
    """When to try again: after a delay that grows from time to time."""

    delay: float = 0.0  # s between this attempt and the one before
    not_before: float = 0.0

    def postpone(self, now: float) -> None:
        """A little later than last time."""
        self.delay = min(max(2 * self.delay, _FIRST_RETRY), _LONGEST_RETRY)
        self.not_before = now + self.delay


@dataclass
class _Waiting(Retry):
    signature: tuple[int, int] = (0, 0)  # bytes, time of last change in ns


class FileArrivals:
    """Files of a folder or template, one image each. A file is given when it did not change from one poll to the next.

    That is no proof that it is whole: the reader has the last word, and :meth:`put_back` is the remedy.
    """

    def __init__(self, where: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder, self._wanted = _folder_and_names(where)
        self._clock = clock
        self._known: set[str] = set()
        self._waiting: dict[str, _Waiting] = {}
        self._given: dict[str, _Waiting] = {}
        self._widths: dict[tuple[str, str], list[int]] = {}
        self.changed = clock()

    @property
    def waiting(self) -> list[str]:
        """The paths of files that were seen and not given out, or put back."""
        return [os.path.join(self._folder, name) for name in self._waiting]

    @property
    def masters(self) -> list[str]:
        """The paths of all files seen that seem to hold many images; these are not given."""
        names = (name for name in self._known if name.endswith(MULTI_IMAGE) and looks_like_image(name))
        return sorted(os.path.join(self._folder, name) for name in names if not name.startswith("."))

    @property
    def announced(self) -> Mapping[str, int | None]:
        """Nothing: a file does not say how many others will come."""
        return {}

    @property
    def problems(self) -> Mapping[str, str]:
        """Nothing: whoever reads an image knows best."""
        return {}

    def opened(self, image: Arrival) -> tuple[Frame, ImageReader]:
        """The models that the header tells, and a reader. Raises InputError where the header is not whole."""
        image_format = format_of(image.path)
        frame = image_format.read_frame(image.path)
        return frame, image_format.open(ImageSet(template=image.template), image.path)

    def poll(self) -> list[Arrival]:
        """The images whose files stand still since the last poll, in order of number."""
        new = sorted(self._names() - self._known, key=lambda name: (len(name), name))
        self._known.update(new)
        self._waiting |= {name: _Waiting() for name in new if self._wanted(name)}
        still = {name: entry for name, entry in self._waiting.items() if self._stands_still(name, entry)}
        for name in still:
            del self._waiting[name]
        self._given |= still
        images = [self._arrival(name, entry) for name, entry in still.items()]
        return sorted(images, key=lambda image: (image.template, image.number))

    def put_back(self, image: Arrival) -> None:
        """Take back an image, to be given again after a delay that grows from time to time."""
        name = os.path.basename(image.path)
        entry = self._given[name]
        entry.postpone(self._clock())
        self._waiting[name] = entry

    def _names(self) -> set[str]:
        try:
            return set(os.listdir(self._folder))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise InputError(f"{self._folder}: cannot be listed ({reason}); give a folder that is there") from None

    def _stands_still(self, name: str, entry: _Waiting) -> bool:
        try:
            status = os.stat(os.path.join(self._folder, name))
        except OSError:  # taken away again: whoever did so may bring it back
            return False
        signature = status.st_size, status.st_mtime_ns
        still = signature == entry.signature
        entry.signature = signature
        if not still:
            self.changed = self._clock()
        return still and status.st_size > 0 and self._clock() >= entry.not_before

    def _arrival(self, name: str, entry: _Waiting) -> Arrival:
        path = os.path.join(self._folder, name)
        before, digits, after = split_number(path)
        written = entry.signature[1] * 1e-9
        if not digits:
            return Arrival(path, 1, path, written)
        number = int(digits)
        widths = self._widths.setdefault((before, after), [])
        fitting = [width for width in widths if digits == f"{number:0{width}d}"]
        if not fitting:
            widths.append(len(digits))
        width = fitting[0] if fitting else len(digits)
        return Arrival(f"{before}{'#' * width}{after}", number, path, written)


def _folder_and_names(where: str) -> tuple[str, Callable[[str], bool]]:
    """The folder to list, and whether a name in it is one of the images meant."""
    path = os.path.abspath(where)
    if os.path.isdir(path):
        return path, lambda name: not name.startswith(".") and not name.endswith(MULTI_IMAGE) and looks_like_image(name)
    folder, name = os.path.split(path)
    if not os.path.isdir(folder):
        raise InputError(f"{where}: there is no folder {folder}; give the folder in which images will appear")
    if "#" in name:
        pattern = pattern_of(name)
    elif os.path.isfile(path) or looks_like_image(name):
        before, number, after = split_number(name)
        pattern = re.compile(re.escape(before) + (r"\d+" if number else "") + re.escape(after))
    else:
        raise InputError(f"{where}: there is no such folder; give a folder, a template with # for digits, or an image")
    return folder, lambda name: pattern.fullmatch(name) is not None
