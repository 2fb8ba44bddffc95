"""Virtual data sets: which frames of which files each of their images is made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np


@dataclass(frozen=True, eq=False)
class Source:
    """Frames of one file of which a virtual data set is made."""

    path: str
    dataset: str
    images: np.ndarray  # places in the virtual data set, from 0
    frames: np.ndarray  # in the data set of the source, one for each of ``images``
    whole: bool  # whether they are the images, not parts of them


def sources_of(data: h5py.Dataset) -> list[Source]:
    """The sources of a virtual data set of images (image, slow, fast), whether their files are there or not.

    Raises ValueError where a selection is none of regular steps.
    """
    folder = Path(data.file.filename).parent
    return [
        _source(data, s, data.file.filename if s.file_name == "." else str(folder / s.file_name))
        for s in data.virtual_sources()
    ]


def _source(data: h5py.Dataset, source: Any, path: str) -> Source:
    images = _steps(source.vspace)
    area = data.shape[1] * data.shape[2]
    whole = source.vspace.get_select_npoints() == area * len(images)
    frames = np.arange(len(images))
    selection, n_dim = source.src_space, source.src_space.get_simple_extent_ndims()
    if n_dim == 3 and selection.get_select_type() == h5py.h5s.SEL_HYPERSLABS:
        frames = _steps(selection)
        whole = whole and selection.get_simple_extent_dims()[1:] == data.shape[1:]
    elif n_dim == 2:
        frames = np.zeros(len(images), int)
    if len(frames) != len(images):  # images that share frames: only HDF5 knows how
        frames, whole = np.resize(frames, len(images)), False
    return Source(path, source.dset_name, images, frames, whole)


def _steps(space: h5py.h5s.SpaceID) -> np.ndarray:
    """The places along the first axis that a selection takes."""
    if space.get_select_type() != h5py.h5s.SEL_HYPERSLABS:
        return np.arange(space.get_simple_extent_dims()[0])
    start, stride, count, block = (n[0] for n in space.get_regular_hyperslab())
    return (start + stride * np.arange(count)[:, None] + np.arange(block)).ravel()
