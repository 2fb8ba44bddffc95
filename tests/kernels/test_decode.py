"""Byte-offset unpacking against a plain twin, and at every place where the bytes may end."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.kernels.decode import unpack_byte_offset

int32 = st.integers(-(2**31), 2**31 - 1)
pixel = st.one_of(st.integers(-130, 130), st.integers(-33000, 33000), int32)


def pack(pixels) -> bytes:
    """The definition, read the other way: the shortest form of each difference."""
    packed, before = b"", 0
    for value in pixels:
        step, before = int(value) - before, int(value)
        if abs(step) < 2**7:
            packed += struct.pack("<b", step)
        elif abs(step) < 2**15:
            packed += b"\x80" + struct.pack("<h", step)
        elif abs(step) < 2**31:
            packed += b"\x80\x00\x80" + struct.pack("<i", step)
        else:
            packed += b"\x80\x00\x80\x00\x00\x00\x80" + struct.pack("<q", step)
    return packed


def unpack(packed: bytes, count: int):
    pixels = np.full(count, 77, np.int32)
    return pixels, *unpack_byte_offset(np.frombuffer(packed, np.int8), pixels)


@settings(deadline=None, max_examples=60)
@given(st.lists(pixel, max_size=30))
def test_any_pixels_come_back(values):
    packed = pack(values)
    pixels, count, used = unpack(packed, len(values))
    assert (count, used) == (len(values), len(packed))
    assert pixels.tolist() == values


@settings(deadline=None, max_examples=60)
@given(st.lists(pixel, min_size=1, max_size=12), st.data())
def test_an_early_end_is_counted_and_nothing_beyond_is_touched(values, data):
    packed = pack(values)
    end = data.draw(st.integers(0, len(packed) - 1))
    whole = next(n for n in range(len(values), -1, -1) if len(pack(values[:n])) <= end)
    pixels, count, _ = unpack(packed[:end], len(values))
    assert count == whole
    assert pixels[:count].tolist() == values[:count]
    assert (pixels[count:] == 77).all()


@pytest.mark.parametrize("rare", [0.0, 0.003, 0.05])
def test_long_runs_of_one_byte_come_back_and_end_where_the_bytes_do(rare):
    rng = np.random.default_rng(11)
    values = rng.poisson(3, 5000)
    values[rng.random(5000) < rare] = 70000
    packed = pack(values)
    pixels, count, used = unpack(packed, 5000)
    assert (count, used) == (5000, len(packed))
    np.testing.assert_array_equal(pixels, values)
    pixels, count, _ = unpack(packed[:3000], 5000)
    assert len(pack(values[:count])) <= 3000 < len(pack(values[: count + 1]))
    np.testing.assert_array_equal(pixels[:count], values[:count])
    assert (pixels[count:] == 77).all()


def test_padding_after_the_last_pixel_is_left():
    _, count, used = unpack(pack([1, 2, 300]) + bytes(50), 3)
    assert (count, used) == (3, 5)


@pytest.mark.parametrize("end", range(1, 15))
def test_a_tail_of_escapes_is_no_pixel(end):
    escapes = b"\x80\x00\x80\x00\x00\x00\x80" + bytes(8)
    _, count, _ = unpack(escapes[:end], 1)
    assert count == 0
