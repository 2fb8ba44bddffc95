"""A whole data set written to HDF5: header first, then images as they come."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from gnomon.io.images.hdf5.write import Layout, StackWriter
from gnomon.io.images.hdf5.write_header import Told, write_eiger, write_nxmx

_HEADERS = {"nxmx": write_nxmx, "eiger": write_eiger}


class Recording:
    """A master file of a kind (nxmx or eiger), and its data files; complete once ``finish`` was called."""

    def __init__(self, path: Path, kind: str, told: Told, layout: Layout) -> None:
        self._master = h5py.File(path, "w")
        _HEADERS[kind](self._master, told)
        self._stack = StackWriter(self._master, told.n_images, told.panel.image_size[::-1], layout)

    def write(self, number: int, image: np.ndarray) -> None:
        """Image ``number`` (from 1), (slow, fast) int32; negative pixels have no value. Any order, any thread."""
        self._stack.write(number, image)

    def finish(self) -> None:
        """Ties the data to the master and closes all files."""
        self._stack.finish()
        self._master.close()
