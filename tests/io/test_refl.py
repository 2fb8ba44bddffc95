"""Reflection tables: every real file goes round, to the byte where it is MessagePack."""

from __future__ import annotations

import gzip
import os
from dataclasses import replace
from pathlib import Path

import msgpack
import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.io.refl import read_reflections, write_reflections
from gnomon.models.reflections import Reflections
from gnomon.models.shoeboxes import Shoeboxes

SHARED = Path(os.environ["GNOMON_SHARED_DATA"])
FILES = sorted(SHARED.rglob("*.refl"))
PICKLES = [f for f in FILES if f.read_bytes()[:1] == b"\x80"]


def table(n: int = 3) -> Reflections:
    """One column of every type that numpy has, and an undeclared one."""
    rng = np.random.default_rng(n)
    return Reflections(
        {
            "id": rng.integers(-1, 3, n),
            "panel": np.zeros(n, int),
            "entering": rng.random(n) > 0.5,
            "d": rng.random(n),
            "xyzobs.px.value": rng.random((n, 3)),
            "bbox": rng.integers(0, 9, (n, 6)),
            "miller_index": rng.integers(-5, 5, (n, 3)),
            "my.own": rng.random((n, 2)),
            "shoebox": boxes(n),
        },
        {0: "first", 2: "third"},
    )


def boxes(n: int) -> Shoeboxes:
    """Boxes of 1 x 2 x 3 pixels."""
    bbox = np.tile(np.array([0, 3, 0, 2, 5, 6], np.int32), (n, 1))
    pixels = np.arange(6 * n)
    return Shoeboxes(
        np.zeros(n, np.uint32), bbox, 6 * np.arange(n + 1), pixels.astype(np.float32),
        (pixels % 32).astype(np.uint8), np.ones(6 * n, np.float32),
    )  # fmt: skip


@pytest.mark.real
@pytest.mark.skipif(not FILES, reason="no shared data (GNOMON_SHARED_DATA)")
def test_every_messagepack_file_goes_round_to_the_byte(tmp_path: Path) -> None:
    for path in set(FILES) - set(PICKLES):
        write_reflections(tmp_path / "out.refl", read_reflections(path), shoeboxes=True)
        assert (tmp_path / "out.refl").read_bytes() == path.read_bytes(), path


@pytest.mark.real
@pytest.mark.skipif(not FILES, reason="no shared data (GNOMON_SHARED_DATA)")
def test_every_old_pickle_goes_round_as_messagepack(tmp_path: Path) -> None:
    assert PICKLES
    for path in PICKLES:
        before = read_reflections(path)
        write_reflections(tmp_path / "out.refl", before, shoeboxes=True)
        after = read_reflections(tmp_path / "out.refl")
        assert (set(after.names), after.identifiers) == (set(before.names), before.identifiers)
        for name in before:
            assert after[name].dtype == before[name].dtype
            assert after[name].tobytes() == before[name].tobytes(), name


@pytest.mark.parametrize("n", [0, 1, 7])
@pytest.mark.parametrize("name", ["a.refl", "a.refl.gz"])
def test_every_type_of_column_goes_round(tmp_path: Path, n: int, name: str) -> None:
    before = table(n)
    write_reflections(tmp_path / name, before, shoeboxes=True)
    after = read_reflections(tmp_path / name)
    assert set(after.names) == set(before.names)
    assert after.identifiers == before.identifiers
    for column in set(before.names) - {"shoebox"}:
        np.testing.assert_array_equal(after[column], before[column])
        assert after[column].dtype == before[column].dtype
    for part in ("panel", "bbox", "offsets", "data", "mask", "background"):
        np.testing.assert_array_equal(getattr(after["shoebox"], part), getattr(before["shoebox"], part))


def test_shoeboxes_are_written_only_when_asked(tmp_path: Path) -> None:
    write_reflections(tmp_path / "a.refl", table())
    assert "shoebox" not in read_reflections(tmp_path / "a.refl")
    write_reflections(tmp_path / "a.refl", table(), shoeboxes=True)
    assert "shoebox" not in read_reflections(tmp_path / "a.refl", shoeboxes=False)


def test_version_2_has_masks_of_one_byte(tmp_path: Path) -> None:
    head = np.array([4, 0, 3, 0, 2, 5, 6], "<i4").tobytes() + b"\x02"
    pixels = np.arange(6, dtype="<f4").tobytes(), np.arange(6, dtype="u1").tobytes(), np.ones(6, "<f4").tobytes()
    data = {"shoebox": ["Shoebox<>", [2, (head + b"".join(pixels)) * 2]]}
    content = ["dials::af::reflection_table", 2, {"identifiers": {}, "nrows": 2, "data": data}]
    (tmp_path / "v2.refl").write_bytes(msgpack.packb(content))
    read = read_reflections(tmp_path / "v2.refl")["shoebox"]
    assert read.panel.tolist() == [4, 4]
    values, mask, background = read.pixels(1)
    np.testing.assert_array_equal(values.ravel(), np.arange(6))
    np.testing.assert_array_equal(mask.ravel(), np.arange(6))
    assert (background == 1).all()


def test_what_came_as_version_2_is_written_as_the_version_says(tmp_path: Path) -> None:
    """Version 1 has masks of four bytes: DIALS 3.12 reads no other."""
    before = table(3)
    boxes_2 = replace(boxes(3), file_flag=np.array([2, 2, 0], np.uint8), offsets=np.array([0, 6, 12, 12]))
    write_reflections(tmp_path / "a.refl", before.with_columns({"shoebox": boxes_2}), shoeboxes=True)
    _, version, content = msgpack.unpackb((tmp_path / "a.refl").read_bytes(), strict_map_key=False)
    payload = content["data"]["shoebox"][1][1]
    size = 29 + 6 * (4 + 4 + 4)
    assert (version, len(payload)) == (1, 2 * size + 29)
    assert [payload[28], payload[size + 28], payload[2 * size + 28]] == [1, 1, 0]
    again = read_reflections(tmp_path / "a.refl")["shoebox"]
    np.testing.assert_array_equal(again.mask, boxes_2.mask[:12])


def test_string_columns_ride_along_unopened(tmp_path: Path) -> None:
    text = np.frombuffer(bytes(range(64)), "V32")
    write_reflections(tmp_path / "a.refl", Reflections({"name": text}))
    assert read_reflections(tmp_path / "a.refl")["name"].tobytes() == text.tobytes()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"hello", "is not a reflection table"),
        (b"", "is not a reflection table"),
        (b"\x80\x02cdials", "this pickled table cannot be read"),
        (b"\x1f\x8b\x08broken", "gzip stream is broken"),
        (gzip.compress(b"hello", mtime=0), "is not a reflection table"),
        (msgpack.packb(["dials::af::reflection_table", 3, {}]), "version 3"),
        (msgpack.packb(["dials::af::reflection_table", 1, {"data": {"x": ["odd", [1, b""]]}}]), "unknown type odd"),
    ],
)
def test_bad_files_are_told_in_one_line(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "bad.refl").write_bytes(content)
    with pytest.raises(InputError, match=said) as caught:
        read_reflections(tmp_path / "bad.refl")
    assert "\n" not in str(caught.value)


def test_a_cut_file_is_told_wherever_it_is_cut(tmp_path: Path) -> None:
    write_reflections(tmp_path / "a.refl", table(4), shoeboxes=True)
    whole = (tmp_path / "a.refl").read_bytes()
    for size in range(0, len(whole), 37):
        (tmp_path / "cut.refl").write_bytes(whole[:size])
        with pytest.raises(InputError):
            read_reflections(tmp_path / "cut.refl")
