"""The image formats gnomon knows, and the one door to pixels: :func:`open_images`.

A format is an object as :class:`ImageFormat` says. Packages add formats through the entry point group
``gnomon.image_formats``; these are asked first, so that a beamline can say more of its miniCBF or NXmx files than is
known of all such files.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.bruker import BRUKER
from gnomon.io.images.cbf_formats import CBF_FORMATS
from gnomon.io.images.compressed import COMPRESSED, PACKED_STARTS, read_head
from gnomon.io.images.edf import EDF
from gnomon.io.images.frame import Frame, Stack, Written
from gnomon.io.images.hdf5.signature import SIGNATURE
from gnomon.io.images.mar345 import MAR345
from gnomon.io.images.marccd import MARCCD
from gnomon.io.images.mrc import MRC
from gnomon.io.images.oxford import OXFORD
from gnomon.io.images.raxis import RAXIS
from gnomon.io.images.smv_formats import SMV_FORMATS
from gnomon.io.images.tiff import TIFF
from gnomon.models.imageset import ImageSet, number_in
from gnomon.plugins import plugins


class UnknownFormat(InputError):  # noqa: N818 - it is bad input, like its base
    """A file that is no image of any known kind."""


class ImageReader(Protocol):
    """Pixels of one image set. Reads only what is asked for; safe to call from many threads."""

    def read(self, number: int) -> tuple[np.ndarray, ...]:
        """A (slow, fast) int32 array a panel; ``number`` counts as the scan's ``image_range``."""


class ImageFormat(Protocol):
    """One kind of image file."""

    @property
    def name(self) -> str:
        """For messages."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """How names of such files end, without .gz and the like."""

    def understands(self, path: str, head: bytes) -> bool:
        """Whether the file at ``path``, whose unpacked first bytes are ``head``, is of this kind."""

    def read_frame(self, path: str) -> Frame:
        """The models that the header of ``path`` describes."""

    def verify(self, path: str) -> None:
        """Nothing, or InputError where the pixels of ``path`` are damaged."""

    def open(self, images: ImageSet, first: str) -> ImageReader:
        """A reader of ``images``, of which ``first`` is a file that exists."""


@runtime_checkable
class StackFormat(Protocol):
    """One kind of file that holds many images: an :class:`ImageFormat` with two functions more."""

    def read_stack(self, path: str) -> Stack:
        """The models of each image."""

    def read_mask(self, path: str) -> tuple[np.ndarray, ...] | None:
        """The file's own mask, a (slow, fast) bool array a panel, true where pixels are good; None without one."""


class FollowedStack(Protocol):
    """Images of one file, or behind it, while they are written."""

    frame: Frame
    problems: dict[str, str]
    """What was in the way at the last look, by file."""

    @property
    def announced(self) -> int | None:
        """How many images there will be; None where the file does not say."""

    @property
    def files(self) -> set[str]:
        """The paths of the files that hold the pixels, as far as they are known."""

    def look(self) -> list[Written]:
        """The images written since the last look, in order of number."""

    def read(self, number: int) -> tuple[np.ndarray, ...]:
        """As :meth:`ImageReader.read`."""


@runtime_checkable
class FollowedFormat(Protocol):
    """A :class:`StackFormat` whose files can be read while they grow."""

    def follow(self, path: str) -> FollowedStack:
        """The images behind ``path``. Raises InputError where its header cannot be read (yet)."""


def _hdf5_formats() -> tuple[ImageFormat, ...]:
    from gnomon.io.images.hdf5.format import HDF5_FORMATS  # h5py: only for files that need it

    return HDF5_FORMATS


def _formats(head: bytes = SIGNATURE) -> Iterator[ImageFormat]:
    yield from plugins("gnomon.image_formats").values()
    yield from CBF_FORMATS
    yield from (*SMV_FORMATS, *EDF, MARCCD, MAR345, BRUKER, OXFORD, RAXIS, *MRC, *TIFF)
    if head.startswith(SIGNATURE):
        yield from _hdf5_formats()


def format_of(path: str) -> ImageFormat:
    """The first format that understands the file. Raises UnknownFormat where none does."""
    head = read_head(path)
    for image_format in _formats(head):
        if image_format.understands(path, head):
            return image_format
    raise UnknownFormat(f"{path}: not an image gnomon can read ({_found(head)}); {_remedy(path, head)}")


def _found(head: bytes) -> str:
    return f"it starts with {head[:16]!r}" if head else "an empty file"


def _remedy(path: str, head: bytes) -> str:
    """What to do about a file that begins with ``head`` and is of no known kind."""
    ending = next((ending for start, ending in PACKED_STARTS.items() if head.startswith(start)), "")
    if ending:
        return f"it is compressed: rename it to end in {ending}"
    if not head:
        return "copy the file again"
    if head.startswith(SIGNATURE):
        return "an HDF5 file that tells no geometry, as data files do not: give its master (_master.h5, .nxs)"
    known = ", ".join(dict.fromkeys(f.name for f in _formats() if " of many images" not in f.name))
    return f"tried: {known}; convert it to CBF or NXmx, or install a package that reads it (docs/reference/formats.md)"


def looks_like_image(path: str) -> bool:
    """Whether the name says that the file is an image of a known kind."""
    for suffix in COMPRESSED:
        path = path.removesuffix(suffix)
    return any(path.lower().endswith(image_format.suffixes) for image_format in _formats())


def first_file(images: ImageSet) -> str:
    """The path of one file of the set. Raises InputError where none is there."""
    if images.paths:
        return images.paths[0]
    template = images.template or ""
    start, width, end = number_in(template)
    found = template if Path(template).is_file() else None
    if width:
        folder, before = os.path.split(start)
        pattern = re.compile(rf"{re.escape(before)}\d{{{width},}}{re.escape(end)}")
        there = os.listdir(folder or ".") if os.path.isdir(folder or ".") else []
        found = min((os.path.join(folder, name) for name in there if pattern.fullmatch(name)), default=None)
    if found is None:
        raise InputError(f"{template}: no such images; give the folder where the images are now")
    return found


def open_images(images: ImageSet | None) -> ImageReader:
    """A thread-safe reader of the images: ``reader.read(number)`` gives one (slow, fast) int32 array a panel.

    Raises InputError where the files are missing or of a format that gnomon does not know.
    """
    if images is None:
        raise InputError("the experiment has no images; import them first")
    first = first_file(images)
    return format_of(first).open(images, first)


def file_mask(images: ImageSet | None) -> tuple[np.ndarray, ...] | None:
    """The mask that the image file itself holds, a (slow, fast) bool array a panel; None where it holds none."""
    names = [] if images is None else [name for name in (images.template, *images.paths[:1]) if name]
    if images is None or not names or number_in(names[0])[1]:
        return None
    first = first_file(images)
    image_format = format_of(first)
    return image_format.read_mask(first) if isinstance(image_format, StackFormat) else None
