"""Images that turn up in files of many images, or in a folder that has both kinds."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from gnomon.errors import InputError
from gnomon.io.images.arrivals import Arrival, Arrivals, FileArrivals, Retry
from gnomon.io.images.frame import Frame
from gnomon.io.images.registry import FollowedFormat, FollowedStack, ImageReader, format_of
from gnomon.io.images.templates import MULTI_IMAGE

Clock = Callable[[], float]


def arrivals_of(where: str) -> Arrivals:
    """The images of a folder, of a template, or of one file of many images, which need not be there yet.

    Raises InputError where not even the folder is there.
    """
    if os.path.isdir(where):
        return FolderArrivals(where)
    return StackArrivals(where) if where.endswith(MULTI_IMAGE) else FileArrivals(where)


class StackArrivals:
    """Images behind one master file, which may be late or half-written."""

    def __init__(self, where: str, clock: Clock = time.monotonic) -> None:
        self._path = os.path.abspath(where)
        if not os.path.isdir(os.path.dirname(self._path)):
            raise InputError(f"{where}: there is no such folder; give the file of which images will appear")
        self._clock = clock
        self._stack: FollowedStack | None = None
        self._opening = Retry()
        self._problem = ""
        self._given: dict[int, Arrival] = {}
        self._retries: dict[int, Retry] = {}
        self._put_back: set[int] = set()
        self._sizes: dict[str, int] = {}  # of files that could not be read at some look
        self.changed = clock()

    @property
    def announced(self) -> Mapping[str, int | None]:
        """How many images the master says there will be."""
        return {self._path: self._stack.announced if self._stack else None}

    @property
    def problems(self) -> Mapping[str, str]:
        """Why the master, or files behind it, cannot be read."""
        behind = self._stack.problems if self._stack else {}
        return {**({self._path: self._problem} if self._problem else {}), **behind}

    @property
    def files(self) -> set[str]:
        """The files with the pixels, as far as they are known."""
        return self._stack.files if self._stack else set()

    def opened(self, image: Arrival) -> tuple[Frame, ImageReader]:
        """The models of the master, and a reader of what was given."""
        stack = self._followed()
        return stack.frame, stack

    def poll(self) -> list[Arrival]:
        """The images written since the last poll, and those put back whose time has come, in order of number."""
        now = self._clock()
        if now < self._opening.not_before:
            return []
        try:
            written = self._followed().look()
        except InputError as error:
            self._problem = str(error)
            self._opening.postpone(now)
            self._note_growth(now)
            return []
        self._problem, self._opening = "", Retry()
        new = {w.number: Arrival(self._path, w.number, w.path, w.time) for w in written}
        self._given |= new
        self.changed = now if new else self.changed
        self._note_growth(now)
        due = {number for number in self._put_back if self._retries[number].not_before <= now}
        self._put_back -= due
        return [self._given[number] for number in sorted(due.union(new))]

    def put_back(self, image: Arrival) -> None:
        """Take back an image, to be given again after a delay that grows from time to time."""
        self._retries.setdefault(image.number, Retry()).postpone(self._clock())
        self._put_back.add(image.number)

    def _note_growth(self, now: float) -> None:
        """Files that cannot be read yet may be copied right now: it is a change that they grow."""
        for path in self.problems:
            with suppress(OSError):  # it is not there
                size = os.stat(path).st_size
                if size != self._sizes.get(path):
                    self.changed, self._sizes[path] = now, size

    def _followed(self) -> FollowedStack:
        if self._stack is None:
            image_format = format_of(self._path)
            if not isinstance(image_format, FollowedFormat):
                raise InputError(f"{self._path}: {image_format.name} cannot be followed; import it when it is whole")
            self._stack = image_format.follow(self._path)
        return self._stack


class FolderArrivals:
    """Images of a folder: those with files of their own, and those behind each master that turns up.

    Of several masters over the same data (beamlines write ``_master.h5`` beside ``.nxs``) the first counts.
    """

    def __init__(self, where: str, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._files = FileArrivals(where, clock)
        self._stacks: dict[str, StackArrivals] = {}
        self._owners: dict[str, str] = {}  # of each data file, the master

    @property
    def changed(self) -> float:
        """When something was last seen to arrive or to grow."""
        return max([self._files.changed, *(stack.changed for stack in self._counted())])

    @property
    def announced(self) -> Mapping[str, int | None]:
        """How many images each master says there will be."""
        return {path: n for stack in self._counted() for path, n in stack.announced.items()}

    @property
    def problems(self) -> Mapping[str, str]:
        """Why masters, or files behind them, cannot be read."""
        return {path: problem for stack in self._counted() for path, problem in stack.problems.items()}

    def opened(self, image: Arrival) -> tuple[Frame, ImageReader]:
        """The models and a reader of an image that was given."""
        return self._source(image).opened(image)

    def poll(self) -> list[Arrival]:
        """The images that may be whole, by now and not given before, in order of number."""
        images = self._files.poll()
        for path in self._files.masters:
            stack = self._stacks.setdefault(path, StackArrivals(path, self._clock))
            if self._is_counted(path):
                found = stack.poll()
                images += found if self._is_counted(path) else []
        return images

    def put_back(self, image: Arrival) -> None:
        """Take back an image, to be given again a little later."""
        self._source(image).put_back(image)

    def _source(self, image: Arrival) -> Arrivals:
        return self._stacks.get(image.template, self._files)

    def _is_counted(self, path: str) -> bool:
        """Whether no other master has shown the data of this one before."""
        files = {os.path.realpath(file) for file in self._stacks[path].files}
        return all(self._owners.setdefault(file, path) == path for file in files)

    def _counted(self) -> list[StackArrivals]:
        return [stack for path, stack in self._stacks.items() if self._is_counted(path)]
