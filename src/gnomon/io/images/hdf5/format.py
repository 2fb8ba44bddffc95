"""HDF5 files as formats of the registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import h5py
import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.frame import Frame, Stack
from gnomon.io.images.hdf5 import eiger, nxmx
from gnomon.io.images.hdf5.detector import group_of, pixel_mask
from gnomon.io.images.hdf5.fields import MissingData, opened
from gnomon.io.images.hdf5.growing import GrowingStack
from gnomon.io.images.hdf5.header import Header
from gnomon.io.images.hdf5.presence import images_there
from gnomon.io.images.hdf5.reader import StackReader
from gnomon.io.images.hdf5.signature import SIGNATURE
from gnomon.io.images.hdf5.stack import Segment, segments_of
from gnomon.models.imageset import ImageSet


@dataclass(frozen=True)
class Hdf5Format:
    """Many images behind one master file whose detector group ``accepts`` likes."""

    name: str
    accepts: Callable[[h5py.Group], bool]
    header_of: Callable[[h5py.Group, h5py.Group], Header]
    suffixes: tuple[str, ...] = ("_master.h5", ".nxs")

    def understands(self, path: str, head: bytes) -> bool:
        """Whether the file is HDF5 and its detector is of this kind. Raises InputError where it is damaged."""
        if not head.startswith(SIGNATURE):
            return False
        with opened(path) as file:
            detector = _detector(file)
            return detector is not None and self.accepts(detector)

    def read_stack(self, path: str) -> Stack:
        """The models of each image; a note where the images themselves are missing and only told of."""
        with opened(path) as file:
            header = self._header(file)
            try:
                segments = _matching(file, header)
                there, reason = images_there(segments)
            except MissingData as error:
                segments, there, reason = [], [], str(error)
        count = sum(segment.count for segment in segments)
        asked = max(header.n_images, count) or max(len(header.turning.starts), 1)
        frames = _frames(path, self.name, header, count if there else asked)
        if not there:
            return Stack(frames, (f"only the geometry was read, for {asked} images: {reason}",))
        if len(there) == asked:
            return Stack(frames)
        note = f"{path}: {len(there)} of {asked} images are there, and only they are imported"
        return Stack(frames, (f"{note} ({reason}); import again if more come" if reason else note,), tuple(there))

    def read_frame(self, path: str) -> Frame:
        """The models of the first image."""
        return self.read_stack(path).frames[0]

    def read_mask(self, path: str) -> tuple[np.ndarray, ...] | None:
        """The file's own mask, a (slow, fast) bool array a panel, true where pixels are good; None without one."""
        with opened(path) as file:
            return pixel_mask(_needed_detector(file), self._header(file).detector)

    def verify(self, path: str) -> None:
        """Nothing, or InputError where the first image that is there is damaged."""
        numbers = self.read_stack(path).numbers
        try:
            self.open(ImageSet(template=path), path).read(numbers[0] if numbers else 1)
        except MissingData:  # told by read_stack
            return

    def open(self, images: ImageSet, first: str) -> StackReader:
        """A reader of ``images``; those whose files are missing fail when they are read."""
        with opened(first) as file:
            header = self._header(file)
            return StackReader(images, _matching(file, header), header.detector.panels)

    def follow(self, path: str) -> GrowingStack:
        """The images of a master while they are written."""
        with opened(path) as file:
            header = self._header(file)
        frame = _frames(path, self.name, header, 1)[0]
        return GrowingStack(frame, header)

    def _header(self, file: h5py.File) -> Header:
        return self.header_of(_entry(file), _needed_detector(file))


def _frames(path: str, name: str, header: Header, count: int) -> tuple[Frame, ...]:
    turns = header.turning.of_images(count)
    frame = Frame(
        path,
        name,
        header.beam,
        header.detector,
        header.goniometer,
        turns[0],
        header.exposure_time,
        untold=header.untold,
        notes=header.notes,
    )
    return tuple(
        replace(frame, oscillation=turn, index=i, epoch=i * header.exposure_time) for i, turn in enumerate(turns)
    )


def _matching(file: h5py.File, header: Header) -> list[Segment]:
    """Where the images are. Raises InputError where there are none, or not of the detector's shape."""
    segments = segments_of(file)
    if segments[0].shape != header.image_size:
        raise InputError(
            f"{file.filename}: images of {segments[0].shape} pixels, a detector of {header.image_size} (slow, fast); "
            "mend the header"
        )
    if not sum(segment.count for segment in segments):
        raise MissingData(f"{file.filename}: it holds no image (yet)")
    return segments


def _entry(file: h5py.File) -> h5py.Group:
    return group_of(file, "", "NXentry") or file


def _detector(file: h5py.File) -> h5py.Group | None:
    return group_of(_entry(file), "instrument", "NXdetector")


def _needed_detector(file: h5py.File) -> h5py.Group:
    detector = _detector(file)
    if detector is None:
        raise InputError(f"{file.filename}: no detector in entry/instrument; is it the master file?")
    return detector


def _is_nxmx(detector: h5py.Group) -> bool:
    return bool(nxmx.modules_of(detector))


def _is_eiger(detector: h5py.Group) -> bool:
    return "x_pixel_size" in detector and not _is_nxmx(detector)


HDF5_FORMATS = (
    Hdf5Format("NXmx", _is_nxmx, nxmx.header_of),
    Hdf5Format("DECTRIS Eiger HDF5", _is_eiger, eiger.header_of),
)
