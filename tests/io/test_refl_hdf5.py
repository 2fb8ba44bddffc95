"""Reflection tables in HDF5."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.io.refl import read_reflections


def write_group(group: h5py.Group, first: int) -> None:
    group.attrs["experiment_ids"] = [first, first + 1]
    group.attrs["identifiers"] = [f"e{first}", f"e{first + 1}"]
    group["id"] = np.array([first, first + 1], np.int32)
    group["flags"] = np.array([1, 2], np.uint64)
    group["xyzobs.px.value"] = np.arange(6.0).reshape(2, 3) + first
    group["miller_index"] = np.arange(6).reshape(2, 3)
    boxes = group.create_group("shoebox")
    boxes["bbox"] = np.array([[0, 2, 0, 1, 0, 1], [0, 1, 0, 3, 0, 1]])
    boxes["panel"] = np.array([0, 1])
    for name, values in (("data", np.arange(5.0)), ("background", np.ones(5)), ("mask", np.arange(5))):
        boxes[f"shoebox_{name}"] = values


def test_groups_are_joined_in_order(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.refl", "w") as file:
        for number in (0, 10):
            write_group(file.create_group(f"dials/processing/group_{number}"), number)
    read = read_reflections(tmp_path / "a.refl")
    assert read["id"].tolist() == [0, 1, 10, 11]
    assert read.identifiers == {0: "e0", 1: "e1", 10: "e10", 11: "e11"}
    assert read["miller_index"].dtype == np.int32
    np.testing.assert_array_equal(read["xyzobs.px.value"][2], [10, 11, 12])
    np.testing.assert_array_equal(read["shoebox"].pixels(1)[0].ravel(), [2, 3, 4])
    assert "shoebox" not in read_reflections(tmp_path / "a.refl", shoeboxes=False)


def test_other_hdf5_is_told(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["entry/data"] = np.zeros(3)
    with pytest.raises(InputError, match="no /dials/processing"):
        read_reflections(tmp_path / "a.h5")
