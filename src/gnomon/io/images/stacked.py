"""Formats of many images a file (MRC, TIFF, EDF): what tells them, their headers, their pixels one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.frame import Frame, Stack
from gnomon.io.images.layout import cut_into_panels
from gnomon.io.images.single_file import SingleFileFormat
from gnomon.models.detector import Panel
from gnomon.models.imageset import ImageSet

Pixels = Callable[[int], np.ndarray]
"""Image by its place in the file, from 0: (slow, fast) int32. Safe in threads."""


@dataclass(frozen=True)
class StackedFileFormat:
    """Several images a file; a :class:`gnomon.io.images.registry.StackFormat`."""

    name: str
    suffixes: tuple[str, ...]
    accepts: Callable[[bytes], bool]  # the unpacked first bytes
    to_frames: Callable[[str], tuple[Frame, ...]]  # of a path
    to_pixels: Callable[[str], Pixels]  # of a path

    def understands(self, path: str, head: bytes) -> bool:
        """Whether the file is of this kind and holds more than one image."""
        return self.accepts(head) and len(self.to_frames(path)) > 1

    def read_stack(self, path: str) -> Stack:
        """The models of each image."""
        return Stack(self.to_frames(path))

    def read_frame(self, path: str) -> Frame:
        """The models of the first image."""
        return self.to_frames(path)[0]

    def read_mask(self, path: str) -> tuple[np.ndarray, ...] | None:
        """None: these files hold no mask."""
        return None

    def verify(self, path: str) -> None:
        """Nothing, or InputError where the first or the last image cannot be read."""
        pixels = self.to_pixels(path)
        pixels(0)
        pixels(len(self.to_frames(path)) - 1)

    def open(self, images: ImageSet, first: str) -> StackedReader:
        """A reader of ``images``."""
        frames = self.to_frames(first)
        return StackedReader(images, self.to_pixels(first), len(frames), frames[0].detector.panels)


@dataclass(frozen=True)
class StackedReader:
    """Reads images of one file; as safe in threads as ``pixels``."""

    images: ImageSet
    pixels: Pixels
    count: int
    panels: tuple[Panel, ...]

    def read(self, number: int) -> tuple[np.ndarray, ...]:
        """A (slow, fast) int32 array a panel of image ``number``. Raises InputError where there is none."""
        images = self.images
        name = images.template or images.paths[0]
        if images.paths and images.indices:  # a still counts from 1 in its set
            number = images.indices[number - 1] + 1
        if not 1 <= number <= self.count:
            raise InputError(f"{name}: has no image {number}, only {self.count} in all")
        return cut_into_panels(name, self.pixels(number - 1), self.panels)


def one_or_many(
    name: str,
    suffixes: tuple[str, ...],
    accepts: Callable[[bytes], bool],
    to_frames: Callable[[str], tuple[Frame, ...]],
    to_pixels: Callable[[str], Pixels],
) -> tuple[StackedFileFormat, SingleFileFormat]:
    """A kind of file that holds one image or more, as the two formats that it is."""

    def only_frame(path: str) -> Frame:
        frames = to_frames(path)
        if len(frames) > 1:
            raise InputError(
                f"{path}: holds {len(frames)} images where the first of its series holds one; import it alone"
            )
        return frames[0]

    return (
        StackedFileFormat(f"{name} of many images", suffixes, accepts, to_frames, to_pixels),
        SingleFileFormat(name, suffixes, accepts, only_frame, lambda path: to_pixels(path)(0)),
    )
