"""Formats of one image a file: what tells them, their header, their pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gnomon.io.images.frame import Frame
from gnomon.io.images.layout import cut_into_panels
from gnomon.models.imageset import ImageSet


@dataclass(frozen=True)
class SingleFileFormat:
    """One image a file, told by its first bytes; an :class:`gnomon.io.images.registry.ImageFormat`."""

    name: str
    suffixes: tuple[str, ...]
    accepts: Callable[[bytes], bool]  # the unpacked first bytes
    to_frame: Callable[[str], Frame]  # of a path
    to_pixels: Callable[[str], np.ndarray]  # of a path: the whole image, (slow, fast) int32

    def understands(self, path: str, head: bytes) -> bool:
        """Whether the file is of this kind."""
        return self.accepts(head)

    def read_frame(self, path: str) -> Frame:
        """The models that the header of ``path`` describes."""
        return self.to_frame(path)

    def verify(self, path: str) -> None:
        """Check the pixels of ``path``; raises InputError where they are damaged."""
        self.to_pixels(path)

    def open(self, images: ImageSet, first: str) -> SingleFileReader:
        """A reader of ``images``."""
        return SingleFileReader(images, self.to_pixels, self.read_frame(first))


class SingleFileReader:
    """Reads one file an image. No state but the layout of the panels, hence safe in threads."""

    def __init__(self, images: ImageSet, to_pixels: Callable[[str], np.ndarray], frame: Frame) -> None:
        self._images = images
        self._to_pixels = to_pixels
        self._panels = frame.detector.panels

    def read(self, number: int) -> tuple[np.ndarray, ...]:
        """A (slow, fast) int32 array a panel of image ``number``. Raises InputError that names the file."""
        path = self._images.path_of(number)
        return cut_into_panels(path, self._to_pixels(path), self._panels)
