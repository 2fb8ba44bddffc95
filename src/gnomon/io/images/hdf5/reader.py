"""Pixels of the images of an HDF5 file."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import h5py
import hdf5plugin  # noqa: F401 - registers the filters
import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.buffers import Buffers
from gnomon.io.images.hdf5.chunks import Tiles, codec_of, require_small, tiles_of
from gnomon.io.images.hdf5.codecs import Codec, counts_of
from gnomon.io.images.hdf5.fields import MissingData, open_file
from gnomon.io.images.hdf5.presence import data_set, is_there
from gnomon.io.images.hdf5.stack import Segment
from gnomon.models.detector import Panel
from gnomon.models.imageset import ImageSet


@dataclass(frozen=True, eq=False)
class Packed:
    """An image as it is on disk, in chunks; or its pixels, where HDF5 had to unpack them."""

    what: str  # of which image, for messages
    content: Tiles | np.ndarray

    def pixels(self, buffers: Buffers) -> np.ndarray:
        """(slow, fast) int32. Raises InputError where a chunk is damaged."""
        if isinstance(self.content, np.ndarray):
            return counts_of(self.content, buffers)
        try:
            return self.content.pixels(buffers)
        except (RuntimeError, ValueError, MemoryError) as error:
            raise InputError(f"{self.what}: its pixels are damaged ({error}); copy the file again") from None


class StackReader:
    """Reads images by number. Only chunks are fetched under the lock of HDF5; they are unpacked outside it."""

    def __init__(self, images: ImageSet, segments: Sequence[Segment], panels: Sequence[Panel]) -> None:
        self._images = images
        self._panels = panels
        self._place = [
            (segment, i) for segment in segments for i in range(segment.start, segment.start + segment.count)
        ]
        self._opening = threading.Lock()
        self._open = lru_cache(maxsize=8)(_data_and_codec)

    def read(self, number: int) -> tuple[np.ndarray, ...]:
        """A (slow, fast) int32 array a panel of image ``number``, counted from 1 in the file; -1 has no value.

        Raises InputError where the image is not in the set, or is damaged.
        """
        return self.unpack(self.fetch(number), Buffers())

    def fetch(self, number: int) -> Packed:
        """Image ``number`` as HDF5 keeps it. Raises InputError where it is not there."""
        number = self._number_in_file(number)
        segment, frame = self._place[number - 1]
        return self._packed(segment, frame, f"{segment.path}: image {number}")

    def unpack(self, packed: Packed, buffers: Buffers) -> tuple[np.ndarray, ...]:
        """A (slow, fast) int32 array a panel, in ``buffers``. Raises InputError where the image is damaged."""
        pixels = packed.pixels(buffers)
        views = []
        for panel in self._panels:
            (x, y), (nx, ny) = panel.raw_image_offset, panel.image_size
            views.append(np.ascontiguousarray(pixels[y : y + ny, x : x + nx]))
            if views[-1].shape != (ny, nx):
                found, needed = "x".join(map(str, pixels.shape[::-1])), f"{x + nx}x{y + ny}"
                raise InputError(f"{packed.what}: has {found} pixels where its detector has {needed}; mend the header")
        return tuple(views)

    def _number_in_file(self, number: int) -> int:
        """A sweep counts as its file does; a still counts from 1 in its set."""
        images = self._images
        if images.paths and images.indices:
            number = images.indices[number - 1] + 1
        if not 1 <= number <= len(self._place) or (images.indices and number - 1 not in images.indices):
            name = images.template or images.paths[0]
            raise InputError(f"{name}: has no image {number}, only {len(self._place)} in all")
        return number

    def _packed(self, segment: Segment, frame: int, what: str) -> Packed:
        with self._opening:
            data, codec = self._open(segment.path, segment.dataset)
        try:
            if not is_there(data, frame):  # HDF5 would give fill values, without a word
                raise MissingData(f"{what} was never written")
            if codec is None:
                require_small(data, frame)
            return Packed(what, data[frame] if codec is None else tiles_of(data, codec, frame))
        except (OSError, RuntimeError, ValueError, IndexError) as error:
            raise InputError(f"{what}: cannot be read ({_first_line(error)}); is the file complete?") from None


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:120]


def _data_and_codec(path: str, name: str) -> tuple[h5py.Dataset, Codec | None]:
    data = data_set(open_file(path), name)
    return data, codec_of(data)
