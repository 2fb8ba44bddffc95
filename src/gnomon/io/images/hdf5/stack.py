"""Where the images of a file are: data sets in it, behind links, or the sources of a virtual data set."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import h5py

from gnomon.io.images.hdf5.fields import broken_link, open_file
from gnomon.step import InputError

_NUMBERED = re.compile(r"data_\d+")


class MissingData(InputError):  # noqa: N818 - it is bad input, like its base
    """A file with images that the master links to is not there."""


@dataclass(frozen=True)
class Segment:
    """Consecutive images: frames ``start`` to ``start + count`` of one data set."""

    path: str  # of the file
    dataset: str
    start: int
    count: int
    shape: tuple[int, int]  # slow, fast


def segments_of(file: h5py.File) -> list[Segment]:
    """All images of the master, in order.

    ``entry/data/data`` where there is one, else ``data_000001`` and so on. Raises MissingData where a file behind a
    link is not there, InputError where it is damaged or the images differ in shape.
    """
    group = file.get("entry/data")
    names = [] if group is None else sorted(n for n in group if _NUMBERED.fullmatch(n))
    if group is not None and "data" in group:
        names = ["data"]
    if not names:
        raise InputError(f"{file.filename}: no images in entry/data; is it the master file?")
    segments = [segment for name in names for segment in _segments(_dataset(group, name))]
    shapes = {segment.shape for segment in segments}
    if len(shapes) > 1:
        raise InputError(f"{file.filename}: its images differ in shape, {sorted(shapes)}; they should be alike")
    return segments


def _dataset(group: h5py.Group, name: str) -> h5py.Dataset:
    missing = broken_link(group, name)
    if missing is not None:
        raise MissingData(f"{missing}: there is no such file; {group.file.filename} links to it: put it there")
    link = group.get(name, getlink=True)
    if isinstance(link, h5py.ExternalLink):  # an error here names the file that is damaged
        open_file(str(Path(group.file.filename).parent / link.filename)).close()
    try:
        found = group[name]
    except (KeyError, OSError):
        raise InputError(f"{group.file.filename}: {group.name}/{name} leads to no data; copy the files again") from None
    if not isinstance(found, h5py.Dataset) or found.ndim != 3 or found.dtype.kind not in "iu":
        kind = f"{found.dtype} of shape {found.shape}" if isinstance(found, h5py.Dataset) else "a group"
        raise InputError(
            f"{group.file.filename}: {group.name}/{name} is {kind}; images are integers (image, slow, fast)"
        )
    return found


def _segments(data: h5py.Dataset) -> list[Segment]:
    whole = Segment(data.file.filename, data.name, 0, data.shape[0], data.shape[1:])
    if not data.is_virtual:
        return [whole]
    found = []
    for source in sorted(data.virtual_sources(), key=lambda s: s.vspace.get_select_bounds()[0][0]):
        (first, *low), (last, *high) = source.vspace.get_select_bounds()
        path = _source_path(data.file.filename, source.file_name)
        if tuple(low) != (0, 0) or tuple(n + 1 for n in high) != whole.shape:
            return [whole]  # images put together from parts: HDF5 does it
        start = source.src_space.get_select_bounds()[0][0] if source.src_space.get_simple_extent_ndims() == 3 else 0
        found.append(Segment(path, source.dset_name, start, last - first + 1, whole.shape))
    return found if sum(segment.count for segment in found) == whole.count else [whole]


def _source_path(master: str, name: str) -> str:
    """The file of a virtual source; HDF5 would give fill values for one that is missing, without a word."""
    path = master if name == "." else str(Path(master).parent / name)
    if not Path(path).is_file():
        raise MissingData(f"{path}: there is no such file; {master} takes images from it: put it there")
    return path
