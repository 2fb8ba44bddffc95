"""Reflection tables in HDF5, as newer DIALS can write them: for reading."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import hdf5plugin  # noqa: F401  registers the LZ4 filter
import numpy as np

from gnomon.errors import InputError
from gnomon.models.columns import COLUMNS, TYPES
from gnomon.models.reflections import Reflections
from gnomon.models.shoeboxes import Shoeboxes


def read_hdf5(path: Path, shoeboxes: bool = True) -> Reflections:
    """The table: groups ``/dials/processing/group_<n>`` one after the other.

    Raises InputError where the file has none, or cannot be opened.
    """
    try:
        with h5py.File(path, "r") as file:
            groups = file.get("dials/processing")
            if groups is None or not len(groups):
                raise InputError(f"{path}: no /dials/processing group in this HDF5 file; give a .refl file")
            names = sorted(groups, key=lambda name: (len(name), name))
            return Reflections.concatenate([_group(groups[name], shoeboxes) for name in names])
    except OSError as error:
        raise InputError(f"{path}: cannot be read as HDF5 ({error}); make the file again") from None


def _group(group: h5py.Group, shoeboxes: bool) -> Reflections:
    columns: dict[str, Any] = {}
    for name, node in group.items():
        if isinstance(node, h5py.Group):
            if shoeboxes:
                columns[name] = _shoeboxes(node)
        else:
            columns[name] = _column(name, node[()])
    numbers = group.attrs.get("experiment_ids", ())
    words = [w.decode() if isinstance(w, bytes) else str(w) for w in group.attrs.get("identifiers", ())]
    return Reflections(columns, {int(i): w for i, w in zip(numbers, words)})


def _column(name: str, values: np.ndarray) -> np.ndarray:
    """The values under one of the dtypes of the registry: integers and floats as wide as ``.refl`` has them."""
    if name in COLUMNS and COLUMNS[name].type in TYPES:
        return values.astype(TYPES[COLUMNS[name].type][0])
    widths = {"i": "<i4", "u": "<u8", "f": "<f8", "b": "?"}
    return values.astype(widths[values.dtype.kind]) if values.dtype.kind in widths else values


def _shoeboxes(group: h5py.Group) -> Shoeboxes:
    bbox = group["bbox"][()].reshape(-1, 6).astype(np.int32)
    sizes = np.prod(bbox[:, 1::2] - bbox[:, ::2], axis=1, dtype=np.int64)
    data = group["shoebox_data"][()].astype(np.float32)
    if sizes.sum() != len(data):  # boxes without pixels
        sizes = np.zeros_like(sizes)
    return Shoeboxes(
        group["panel"][()].astype(np.uint32),
        bbox,
        np.concatenate([[0], np.cumsum(sizes)]),
        data,
        group["shoebox_mask"][()].astype(np.uint8),
        group["shoebox_background"][()].astype(np.float32),
    )
