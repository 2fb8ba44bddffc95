"""What the user's words mean: image files by template, or files of many images, each with its format."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gnomon.errors import InputError
from gnomon.io.images.frame import Frame, Stack
from gnomon.io.images.registry import ImageFormat, StackFormat, UnknownFormat, format_of, looks_like_image
from gnomon.io.images.templates import ImageFiles, image_files


@dataclass(frozen=True)
class Source:
    """Images by number: a file each, or all in one."""

    files: ImageFiles
    format: ImageFormat
    stack: Stack | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of the file."""
        return self.stack.notes if self.stack else ()

    def frame(self, number: int) -> Frame:
        """The models of image ``number``."""
        if self.stack is not None:
            return self.stack.frames[number - 1]
        return self.format.read_frame(self.files.path(number))

    def within(self, image_range: tuple[int, int]) -> Source:
        """Only the images of these numbers. Raises InputError where some of them do not exist."""
        return replace(self, files=self.files.within(image_range))


def sources_of(words: Sequence[str]) -> tuple[list[Source], list[str]]:
    """The images that words mean, and the names of files that are no images.

    Raises InputError where there is no image, or one is damaged.
    """
    if not words:
        raise InputError("import needs images; give files, a folder, or a template with # for the digits")
    sources: list[Source] = []
    left_out: list[str] = []
    unknown: UnknownFormat | None = None
    for files in image_files(words):
        first = files.path(files.numbers[0])
        try:
            sources += _sources(files, first)
        except UnknownFormat as error:
            if looks_like_image(first):
                raise
            unknown = unknown or error
            left_out += [os.path.basename(files.path(n)) for n in files.numbers]
    if unknown and not sources:
        raise unknown
    if any(source.stack for source in sources):  # beside masters lie their data files
        left_out = [name for name in left_out if not name.endswith(".h5")]
    return sources, left_out


def _sources(files: ImageFiles, first: str) -> list[Source]:
    """The files as one source where each holds an image; else each by itself."""
    image_format = format_of(first)
    if not isinstance(image_format, StackFormat):
        return [Source(files, image_format)]
    return [_stack(files.path(number)) for number in files.numbers]


def _stack(path: str) -> Source:
    image_format = format_of(path)
    if not isinstance(image_format, StackFormat):
        return Source(ImageFiles(path, (1,)), image_format)
    stack = image_format.read_stack(path)
    return Source(ImageFiles(path, stack.numbers or tuple(range(1, len(stack.frames) + 1))), image_format, stack)
