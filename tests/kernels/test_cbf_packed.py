"""Blocks of bits against a plain twin that packs them."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.kernels.cbf_packed import unpack_cbf_packed

WIDTHS = (0, 4, 5, 6, 7, 8, 16, 65)


def rounded(values):
    return (sum(values) + len(values) // 2) >> (len(values).bit_length() - 1)


def predicted(a, z, y, x):
    """As the kernel's docstring says, with python integers."""
    last = a.shape[2] - 1
    if y == 0:
        return a[z, 0, x - 1] if x else (a[z - 1, 0, 0] if z else 0)
    if x == 0:
        near = [(y - 1, 0), (y - 1, min(1, last))]
        both = [a[z, i, j] for i, j in near]
    elif x == last:
        near = [(y, x), (y - 1, x)]
        both = [a[z, y, x - 1], a[z, y - 1, x]]
    else:
        near = [(y, x), (y - 1, x - 1), (y - 1, x), (y - 1, x + 1)]
        both = [a[z, y, x - 1], *(a[z, y - 1, j] for j in (x - 1, x, x + 1))]
    return rounded([*both, *([a[z - 1, i, j] for i, j in near] if z else [])])


def packed(pixels, rng):
    a = pixels.astype(object)
    steps = [a[i] - predicted(a, *i) for i in np.ndindex(a.shape)]
    bits: list[int] = []

    def put(value, count):
        bits.extend((value >> i) & 1 for i in range(count))

    while steps:
        k = min(int(rng.integers(0, 4)), len(steps).bit_length() - 1)
        block, steps = steps[: 1 << k], steps[1 << k :]
        kind = next(i for i, w in enumerate(WIDTHS) if all(_fits(s, w) for s in block))
        put(k | kind << 3, 6)
        for step in block:
            put(step & ((1 << WIDTHS[kind]) - 1), WIDTHS[kind])
    return np.packbits(np.array(bits, np.uint8), bitorder="little")


def _fits(step, width):
    return step == 0 if width == 0 else -(1 << (width - 1)) <= step < 1 << (width - 1)


@pytest.mark.parametrize("shape", [(1, 7, 9), (3, 5, 6), (2, 4, 1), (1, 1, 20)])
def test_pixels_come_back(shape):
    rng = np.random.default_rng(4)
    pixels = rng.integers(-40, 60, shape)
    pixels[rng.random(shape) < 0.2] = rng.integers(-(2**31), 2**31)
    pixels = pixels.astype(np.int32)
    found = np.zeros_like(pixels)
    data = packed(pixels, rng)
    assert unpack_cbf_packed(data, found) == pixels.size
    np.testing.assert_array_equal(found, pixels)
    assert unpack_cbf_packed(data[: len(data) // 2], found) < pixels.size
