"""Images into HDF5 files as beamlines write them: single files, data files behind links, virtual data sets."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin
import numpy as np

COMPRESSIONS = ("bslz4", "bszstd", "lz4", "gzip", "none")
LAYOUTS = ("single", "links", "virtual")


def filters(compression: str) -> Mapping[str, Any]:
    """The arguments of ``create_dataset`` for one of COMPRESSIONS."""
    if compression in ("bslz4", "bszstd"):
        return dict(hdf5plugin.Bitshuffle(cname="lz4" if compression == "bslz4" else "zstd"))
    if compression == "lz4":
        return dict(hdf5plugin.LZ4())
    return {"compression": "gzip", "compression_opts": 1} if compression == "gzip" else {}


@dataclass(frozen=True)
class Layout:
    """How pixels are kept: bits a pixel, packing, and in which files."""

    bits: int = 32
    compression: str = "bslz4"
    files: str = "links"  # of LAYOUTS
    per_file: int = 100  # images


class StackWriter:
    """Takes images in any order, from any thread; ``finish`` ties the files together under ``entry/data``."""

    def __init__(self, master: h5py.File, n_images: int, shape: tuple[int, int], layout: Layout) -> None:
        self._master, self._layout, self._n, self._shape = master, layout, n_images, shape
        self._dtype = np.dtype(f"u{layout.bits // 8}")
        self._lock = threading.Lock()
        group = master.require_group("entry/data")
        group.attrs["NX_class"], group.attrs["signal"] = np.bytes_("NXdata"), np.bytes_("data")
        single = layout.files == "single"
        step = n_images if single else layout.per_file
        starts = range(0, n_images, step)
        self._step = step
        self._sets = [self._create(i, min(step, n_images - start), single) for i, start in enumerate(starts, 1)]

    def _path(self, i: int) -> Path:
        master = Path(self._master.filename)
        return master.with_name(f"{master.stem.removesuffix('_master')}_data_{i:06d}.h5")

    def _create(self, i: int, count: int, single: bool) -> h5py.Dataset:
        file = self._master if single else h5py.File(self._path(i), "w")
        return file.create_dataset(
            "entry/data/data",
            (count, *self._shape),
            self._dtype,
            chunks=(1, *self._shape),
            **filters(self._layout.compression),
        )

    def write(self, number: int, image: np.ndarray) -> None:
        """Image ``number`` (from 1); negative pixels, which have no value, become the largest number."""
        none = np.iinfo(self._dtype).max
        counts = np.where(image < 0, none, np.minimum(image.astype(np.int64), none - 1)).astype(self._dtype)
        file, place = divmod(number - 1, self._step)
        with self._lock:
            self._sets[file][place] = counts

    def finish(self) -> None:
        """Links or the virtual data set in the master; closes the data files."""
        group, files = self._master["entry/data"], self._layout.files
        if files == "virtual":
            whole = h5py.VirtualLayout((self._n, *self._shape), self._dtype)
            for i, data in enumerate(self._sets):
                source = h5py.VirtualSource(self._path(i + 1).name, "entry/data/data", data.shape)
                whole[i * self._step : i * self._step + data.shape[0]] = source
            group.create_virtual_dataset("data", whole, fillvalue=np.iinfo(self._dtype).max)
        for i, data in enumerate(self._sets, 1):
            if files == "links":
                group[f"data_{i:06d}"] = h5py.ExternalLink(self._path(i).name, "entry/data/data")
            if files != "single":
                data.file.close()
