"""Where the images of a file are: data sets in it, behind links, or the sources of a virtual data set."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.hdf5.fields import MissingData, open_file
from gnomon.io.images.hdf5.virtual import Source, sources_of
from gnomon.models.detector import MOST_PIXELS

_NUMBERED = re.compile(r"data_\d+")
_MOST_IMAGES = 2_000_000  # of a file: days of the fastest detectors
_MOST_PER_FILE = 100_000  # images: a number beyond is damage


@dataclass(frozen=True)
class Segment:
    """Consecutive images: frames ``start`` to ``start + count`` of one data set."""

    path: str  # of the file, which may be missing
    dataset: str
    start: int
    count: int
    shape: tuple[int, int]  # slow, fast


@dataclass(frozen=True)
class Part:
    """The images behind one name in ``entry/data``; none, and ``problem``, where they cannot be read (yet)."""

    path: str
    dataset: str
    segments: tuple[Segment, ...] = ()
    problem: str = ""
    first: int | None = None  # number of its first image, as DECTRIS files say
    fixed: bool = False  # whether it can hold no more images than now
    settled: bool = False  # whether it will, as far as one can see

    @property
    def count(self) -> int:
        """How many images it has."""
        return sum(segment.count for segment in self.segments)


def segments_of(file: h5py.File) -> list[Segment]:
    """All images of the master, in order; of files that are missing, as many as the others let expect.

    ``entry/data/data`` where there is one, else ``data_000001`` and so on. Raises MissingData where no file behind
    the links can be read, InputError where there are no images or they differ in shape.
    """
    parts = parts_of(file)
    if not any(part.segments for part in parts):
        raise MissingData(parts[0].problem)
    segments = [segment for part in placed(parts) for segment in part.segments]
    shapes = {segment.shape for segment in segments}
    if len(shapes) > 1:
        raise InputError(f"{file.filename}: its images differ in shape, {sorted(shapes)}; they should be alike")
    return segments


def parts_of(file: h5py.File) -> list[Part]:
    """What is behind the names of the master's images. Raises InputError where there are none, or no images."""
    group = file.get("entry/data")
    names = [] if group is None else sorted(n for n in group if _NUMBERED.fullmatch(n))
    if group is not None and "data" in group:
        names = ["data"]
    if not names:
        raise InputError(f"{file.filename}: no images in entry/data; is it the master file?")
    return [_part(group, name) for name in names]


def placed(parts: Sequence[Part]) -> list[Part]:
    """The parts, those that cannot be read with as many images as there is room for, or as another part has."""
    known = [part for part in parts if part.segments]
    usual = known[0].count
    filled: list[Part] = []
    before = 0
    for i, part in enumerate(parts):
        if not part.segments:
            after = next((j for j in range(i, len(parts)) if parts[j].segments), None)
            first = None if after is None else parts[after].first
            room = 0 if after is None or first is None else (first - 1 - before) // (after - i)
            count = room if 0 < room < _MOST_PER_FILE else usual
            part = replace(part, segments=(Segment(part.path, part.dataset, 0, count, known[0].segments[0].shape),))
        before += part.count
        filled.append(part)
    return filled


def numbered(parts: Sequence[Part]) -> list[Segment]:
    """The segments of all parts up to the first after which numbers may still shift: one that is growing, or is not
    there while nothing tells how many images it will hold."""
    found: list[Segment] = []
    if not any(part.segments for part in parts):
        return found
    usual = any(part.segments for part in parts[:-1])
    for i, part in enumerate(placed(parts)):
        found += part.segments
        told = usual or any(later.first is not None for later in parts[i:])
        if not (part.settled if parts[i].segments else told):
            break
    return found


def _part(group: h5py.Group, name: str) -> Part:
    link = group.get(name, getlink=True)
    path, dataset = group.file.filename, f"{group.name}/{name}"
    if isinstance(link, h5py.ExternalLink):
        path, dataset = str(Path(path).parent / link.filename), link.path
        if not Path(path).is_file():
            problem = f"{path}: there is no such file; {group.file.filename} links to it: put it there"
            return Part(path, dataset, problem=problem)
        try:
            open_file(path).close()  # the error of a damaged file names it
        except InputError as error:
            return Part(path, dataset, problem=str(error))
    try:
        found = group[name]
    except (KeyError, OSError):
        return Part(path, dataset, problem=f"{path}: no images at {dataset}; copy the file again")
    return _part_of(found, group, name)


def _part_of(data: h5py.Dataset | h5py.Group, group: h5py.Group, name: str) -> Part:
    if not isinstance(data, h5py.Dataset) or data.ndim != 3 or data.dtype.kind not in "iu":
        kind = f"{data.dtype} of shape {data.shape}" if isinstance(data, h5py.Dataset) else "a group"
        raise InputError(
            f"{group.file.filename}: {group.name}/{name} is {kind}; images are integers (image, slow, fast)"
        )
    count, *sizes = data.shape
    if count > _MOST_IMAGES or sizes[0] * sizes[1] > MOST_PIXELS:
        raise InputError(
            f"{data.file.filename}: {data.name} announces {count} images of {sizes[1]} x {sizes[0]} pixels, needed at "
            f"most {_MOST_IMAGES} of {MOST_PIXELS} pixels; is the file damaged?"
        )
    whole = Segment(data.file.filename, data.name, 0, data.shape[0], data.shape[1:])
    segments = _gathered(data, whole) if data.is_virtual else (whole,)
    first = data.attrs.get("image_nr_low")
    fixed = data.maxshape[0] == data.shape[0]
    settled = fixed or (not data.is_virtual and 0 < data.shape[0] == data.id.get_num_chunks())
    number = None if first is None else int(first)
    return Part(whole.path, whole.dataset, segments, first=number, fixed=fixed, settled=settled)


def _gathered(data: h5py.Dataset, whole: Segment) -> tuple[Segment, ...]:
    """The segments of the files of which a virtual data set is made; itself where its images are not theirs."""
    try:
        sources = sources_of(data)
    except ValueError:
        return (whole,)
    images = np.concatenate([source.images for source in sources]) if sources else np.zeros(0, int)
    order = np.argsort(images, kind="stable")
    if not all(source.whole for source in sources) or not np.array_equal(images[order], np.arange(whole.count)):
        return (whole,)  # put together from parts: HDF5 does it
    of = np.repeat(np.arange(len(sources)), [len(source.images) for source in sources])[order]
    frames = np.concatenate([source.frames for source in sources])[order]
    breaks = np.flatnonzero((np.diff(of) != 0) | (np.diff(frames) != 1)) + 1
    return tuple(
        _run(sources[of[run[0]]], frames[run], whole.shape) for run in np.split(np.arange(whole.count), breaks)
    )


def _run(source: Source, frames: np.ndarray, shape: tuple[int, int]) -> Segment:
    return Segment(source.path, source.dataset, int(frames[0]), len(frames), shape)
