"""Pixels of the images of an HDF5 file, and which of them are there."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import h5py
import hdf5plugin  # noqa: F401 - registers the filters
import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.buffers import Buffers
from gnomon.io.images.hdf5.chunks import Codec, Tiles, codec_of, counts_of, require_small, tiles_of
from gnomon.io.images.hdf5.fields import MissingData, open_file, opened
from gnomon.io.images.hdf5.stack import Segment, sources_of
from gnomon.models.detector import Panel
from gnomon.models.imageset import ImageSet


def is_there(data: h5py.Dataset, frame: int) -> bool:
    """Whether all chunks of one frame were written, in ``data`` and in the files of which it is made."""
    if frame >= data.shape[0]:
        return False
    if data.is_virtual:
        return _is_made(data, frame)
    if data.chunks is None:
        return data.id.get_storage_size() > 0
    depth, *sizes = data.chunks
    corners = product(*(range(0, n, size) for n, size in zip(data.shape[1:], sizes)))
    first = frame // depth * depth
    return all(data.id.get_chunk_info_by_coord((first, *corner)).size for corner in corners)


def _is_made(data: h5py.Dataset, frame: int) -> bool:
    parts = [(source, source.frames[source.images == frame]) for source in sources_of(data)]
    parts = [(source, frames) for source, frames in parts if len(frames)]
    for source, frames in parts:
        with opened(source.path) as file:
            found = data_set(file, source.dataset)
            if not all(is_there(found, frame) for frame in frames):
                return False
    return bool(parts)


def frames_there(data: h5py.Dataset, wanted: Sequence[int], known: int = 0) -> list[int]:
    """Those of the frames ``wanted`` that were written.

    known: how many others are known to be there; where each chunk is an image, counting them saves the search.
    """
    wanted = [frame for frame in wanted if frame < data.shape[0]]
    if data.is_virtual or data.chunks != (1, *data.shape[1:]):
        return [frame for frame in wanted if is_there(data, frame)]
    count = data.id.get_num_chunks()
    if count == data.shape[0]:
        return wanted
    found: list[int] = []
    for frame in wanted:
        if len(found) == count - known:
            break
        if is_there(data, frame):
            found.append(frame)
    return found


def images_there(segments: Iterable[Segment]) -> tuple[list[int], str]:
    """The numbers (from 1) of the images that were written, and why the first of the others cannot be read."""
    there: list[int] = []
    reasons: dict[int, str] = {}
    for (path, dataset), places in places_of(segments).items():
        try:
            with opened(path) as file:
                found = frames_there(data_set(file, dataset), sorted(places))
        except InputError as error:
            found, reason = [], str(error)
        else:
            reason = f"{path} has no more"
        there += (places[frame] for frame in found)
        lacking = set(places).difference(found)
        if lacking:
            reasons[min(places[frame] for frame in lacking)] = reason
    return sorted(there), reasons[min(reasons)] if reasons else ""


def places_of(segments: Iterable[Segment]) -> dict[tuple[str, str], dict[int, int]]:
    """For each data set (its file and name) the number, from 1, of the image that each of its frames is."""
    found: dict[tuple[str, str], dict[int, int]] = {}
    number = 1
    for segment in segments:
        places = found.setdefault((segment.path, segment.dataset), {})
        places.update(zip(range(segment.start, segment.start + segment.count), range(number, number + segment.count)))
        number += segment.count
    return found


def data_set(file: h5py.File, name: str) -> h5py.Dataset:
    """The images at ``name``. Raises MissingData where there are none."""
    found = file.get(name)
    if not isinstance(found, h5py.Dataset) or found.ndim != 3:
        raise MissingData(f"{file.filename}: no images at {name}; copy the file again")
    return found


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
