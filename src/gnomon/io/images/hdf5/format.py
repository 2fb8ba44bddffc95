"""HDF5 files as formats of the registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import h5py
import numpy as np

from gnomon.io.images.frame import Frame, Stack
from gnomon.io.images.hdf5 import eiger, nxmx
from gnomon.io.images.hdf5.detector import group_of, pixel_mask
from gnomon.io.images.hdf5.fields import opened
from gnomon.io.images.hdf5.header import Header
from gnomon.io.images.hdf5.reader import StackReader
from gnomon.io.images.hdf5.scan import oscillations
from gnomon.io.images.hdf5.signature import SIGNATURE
from gnomon.io.images.hdf5.stack import MissingData, segments_of
from gnomon.models.imageset import ImageSet
from gnomon.step import InputError


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
            notes: tuple[str, ...] = ()
            try:
                count = _matching(file, header)
            except MissingData as error:
                count = max(len(header.angles), header.n_images, 1)
                notes = (f"only the geometry was read, for {count} images: {error}",)
        turns = oscillations(header.angles, count, header.increment)
        frame = Frame(path, self.name, header.beam, header.detector, header.goniometer, turns[0], header.exposure_time)
        frames = (
            replace(frame, oscillation=turn, index=i, epoch=i * header.exposure_time) for i, turn in enumerate(turns)
        )
        return Stack(tuple(frames), notes)

    def read_frame(self, path: str) -> Frame:
        """The models of the first image."""
        return self.read_stack(path).frames[0]

    def read_mask(self, path: str) -> tuple[np.ndarray, ...] | None:
        """The file's own mask, a (slow, fast) bool array a panel, true where pixels are good; None without one."""
        with opened(path) as file:
            return pixel_mask(_needed_detector(file), self._header(file).detector)

    def verify(self, path: str) -> None:
        """Nothing, or InputError where the first image is damaged; files that are missing are told by read_stack."""
        try:
            self.open(ImageSet(template=path), path).read(1)
        except MissingData:
            return

    def open(self, images: ImageSet, first: str) -> StackReader:
        """A reader of ``images``. Raises InputError where a file behind the master is missing."""
        with opened(first) as file:
            header = self._header(file)
            _matching(file, header)
            return StackReader(images, segments_of(file), header.detector.panels)

    def _header(self, file: h5py.File) -> Header:
        return self.header_of(_entry(file), _needed_detector(file))


def _matching(file: h5py.File, header: Header) -> int:
    """How many images there are. Raises InputError where they are not of the detector's shape."""
    segments = segments_of(file)
    if segments[0].shape != header.image_size:
        raise InputError(
            f"{file.filename}: images of {segments[0].shape} pixels, a detector of {header.image_size} (slow, fast); "
            "mend the header"
        )
    count = sum(segment.count for segment in segments)
    if not count:
        raise InputError(f"{file.filename}: it holds no image; was the collection stopped?")
    return count


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
