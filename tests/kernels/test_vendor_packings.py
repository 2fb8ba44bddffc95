"""Packings of Rigaku Oxford Diffraction and mar research, against fabio, which packs, and a plain reading of bits."""

from __future__ import annotations

import io

import numpy as np
import pytest
from fabio.compression import agi_bitfield, compPCK
from hypothesis import given, settings
from hypothesis import strategies as st
from vendor_files import _ty5

from gnomon.kernels.oxford import unpack_rows, unpack_ty5
from gnomon.kernels.pck import unpack_pck

SCALES = (1, 3, 20, 100, 500, 40_000, 10**6)


def bit_fields(pixels):
    packed = io.BytesIO()
    for row in pixels:
        agi_bitfield.compress_row(row, packed)
    return np.frombuffer(packed.getvalue(), np.uint8)


def ty5(pixels):
    return np.frombuffer(b"".join(_ty5(row) for row in pixels), np.uint8)


@pytest.mark.parametrize("shape", [(4, 32), (20, 30), (16, 16), (3, 7), (2, 1), (2, 17)])
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(("pack", "unpack"), [(bit_fields, unpack_rows), (ty5, unpack_ty5)])
def test_rows_come_back(shape, scale, pack, unpack):
    pixels = np.random.default_rng(scale).integers(-scale, scale, shape).astype(np.int32)
    packed, found = pack(pixels), np.empty(shape, np.int32)
    assert unpack(packed, found) == shape[0]
    np.testing.assert_array_equal(found, pixels)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.integers(1, 6), st.integers(1, 40))
def test_any_bytes_are_taken_and_none_beyond_them(content, slow, fast):
    """The same rows whatever lies behind the packed bytes."""
    for unpack in (unpack_rows, unpack_ty5):
        packed = np.frombuffer(content, np.uint8)
        found, again = np.zeros((2, slow, fast), np.int32)
        rows = unpack(packed, found)
        wider = np.concatenate([packed, np.full(200, 7, np.uint8)])[: len(packed)]
        assert 0 <= rows <= slow
        assert unpack(wider, again) == rows
        np.testing.assert_array_equal(found[:rows], again[:rows])


@pytest.mark.parametrize("pack", [bit_fields, ty5])
def test_every_early_end_is_seen(pack):
    pixels = np.random.default_rng(2).integers(0, 70_000, (5, 40)).astype(np.int32)
    packed, found = pack(pixels), np.empty((5, 40), np.int32)
    unpack = unpack_rows if pack is bit_fields else unpack_ty5
    for end in range(len(packed)):
        rows = unpack(packed[:end], found)
        assert rows < 5
        np.testing.assert_array_equal(found[:rows], pixels[:rows])


def plain_pck(packed, shape):
    """Reads the bits as text."""
    bits = "".join(f"{byte:08b}"[::-1] for byte in packed)
    pixels, at = [], 0
    while len(pixels) < shape[0] * shape[1]:
        count, kind = (int(bits[at + i : at + i + 3][::-1], 2) for i in (0, 3))
        width, at = (0, 4, 5, 6, 7, 8, 16, 32)[kind], at + 6
        for _ in range(min(1 << count, shape[0] * shape[1] - len(pixels))):
            text, at = bits[at : at + width][::-1], at + width
            step = int(text or "0", 2) - ((1 << width) if text.startswith("1") else 0)
            k = len(pixels)
            if k > shape[1]:
                near = [pixels[k - 1], *pixels[k - shape[1] - 1 : k - shape[1] + 2]]
                step += int((sum(n - 65536 * (n > 32767) for n in near) + 2) / 4)
            elif k:
                step += pixels[k - 1]
            pixels.append(step % 65536)
    return np.reshape(pixels, shape), -(-at // 8)


def pck(pixels):
    stream = compPCK(pixels)
    return np.frombuffer(stream, np.uint8, offset=stream.index(b"\n", 1) + 1)


@pytest.mark.parametrize("most", [3, 40, 3000, 30_000])
def test_packed_images_of_mar_come_back(most):
    pixels = np.random.default_rng(most).integers(0, most, (64, 64)).astype(np.int32)
    packed, found = pck(pixels), np.empty((64, 64), np.int32)
    assert unpack_pck(packed, found) == pixels.size
    np.testing.assert_array_equal(found, pixels)
    plain, used = plain_pck(packed, pixels.shape)
    np.testing.assert_array_equal(plain, pixels)
    assert used == len(packed)
    for end in range(0, len(packed), 7):
        assert unpack_pck(packed[:end], found) < pixels.size


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.integers(1, 40))
def test_any_bits_are_taken_as_they_are(content, size):
    packed, found = np.frombuffer(content, np.uint8), np.zeros((size, size), np.int32)
    count = unpack_pck(packed, found)
    assert 0 <= count <= size * size
    padded, _ = plain_pck([*content, *bytes(5 * size * size + 600)], (size, size))
    np.testing.assert_array_equal(found.ravel()[:count], padded.ravel()[:count])
