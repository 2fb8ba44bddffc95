"""Which images were ever written: HDF5 gives fill values for those that were not, without a word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

import h5py

from gnomon.errors import InputError
from gnomon.io.images.hdf5.fields import MissingData, opened
from gnomon.io.images.hdf5.stack import Segment
from gnomon.io.images.hdf5.virtual import sources_of


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
