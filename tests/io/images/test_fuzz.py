"""Every decoder on damaged files: a few hundred each time, ten thousand when asked (``-m slow``)."""

from __future__ import annotations

import gzip

import pytest
from image_files import KINDS, made
from image_fuzz import survives

from gnomon.errors import InputError
from gnomon.io.images.cbf import split
from gnomon.io.images.registry import format_of

MORE_MAY_FOLLOW = {"mar345", "bruker", "oxford", "oxford TY1", "oxford TY5", "tiff", "tiff pages"}
"""Kinds whose files may go on behind the pixels: trailers, tables of offsets, further tags."""

COUNTS = [300, pytest.param(10_000, marks=pytest.mark.slow)]


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_are_refused_or_read(tmp_path, kind, count):
    name, data = made(kind)
    if kind == "edf of several":  # the first image alone is a file too
        survives(tmp_path / name, data, count, len(data) // 3)
    else:
        survives(tmp_path / name, data, count, len(data) if kind in MORE_MAY_FOLLOW else None)


def end_of_pixels(data):
    """Where the pixels of a CBF file end; what follows is padding and the end of the section."""
    size = int(data.partition(b"X-Binary-Size: ")[2].split()[0])
    return data.index(b"\x0c\x1a\x04\xd5") + 4 + size


@pytest.mark.parametrize("count", COUNTS)
def test_damaged_mini_cbf(tmp_path, cbf, count):
    data = cbf.read_bytes()
    survives(tmp_path / cbf.name, data, count, end_of_pixels(data))


@pytest.mark.real
@pytest.mark.parametrize("count", [50, pytest.param(10_000, marks=pytest.mark.slow)])
def test_damaged_full_cbf(tmp_path, shared, pixels, write_cbf, count):
    data = gzip.decompress((shared / "l_cysteine" / "l-cyst_01_00001.cbf.gz").read_bytes())
    text = split("a.cbf", data).text.replace("\r\n", "\n").partition("\n")[2]
    path = write_cbf(tmp_path / "a_1.cbf", pixels, text)
    packed = path.read_bytes()
    survives(tmp_path / "b_1.cbf", packed, count, end_of_pixels(packed))


def test_one_changed_byte_of_the_pixels_is_always_seen_where_there_is_a_checksum(tmp_path, cbf):
    data = bytearray(cbf.read_bytes())
    first = data.index(b"\x0c\x1a\x04\xd5") + 4
    for at in range(first, first + 600, 7):
        changed = bytearray(data)
        changed[at] ^= 1 << (at % 8)
        path = tmp_path / "b_1.cbf"
        path.write_bytes(changed)
        with pytest.raises(InputError, match="MD5"):
            format_of(str(path)).verify(str(path))
