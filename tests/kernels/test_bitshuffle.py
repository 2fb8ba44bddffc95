"""Bit-shuffled chunks against plain numpy: every depth, block size and kind of counts; damage."""

import numpy as np
import pytest

from gnomon.kernels.bitshuffle import unpack_bslz4, unshuffle
from gnomon.kernels.lz4 import SLACK


def shuffled(items):
    """The bytes of a block of unsigned items (8 m,): all their lowest bits, eight a byte, then the next, and so on."""
    bits = np.unpackbits(items.view(np.uint8).reshape(len(items), -1), axis=1, bitorder="little")
    return np.packbits(bits.T, axis=1, bitorder="little").tobytes()


def as_literals(data):
    """An LZ4 block that repeats nothing."""
    rest = len(data) - 15
    length = b"" if rest < 0 else b"\xff" * (rest // 255) + bytes([rest % 255])
    return bytes([min(len(data), 15) << 4]) + length + data


def chunk_of(pixels, block):
    """A chunk whose blocks hold ``block`` pixels each."""
    chunk = pixels.nbytes.to_bytes(8, "big") + (block * pixels.itemsize).to_bytes(4, "big")
    whole = pixels.size // 8 * 8
    for start in range(0, whole, block):
        packed = as_literals(shuffled(pixels[start : min(start + block, whole)]))
        chunk += len(packed).to_bytes(4, "big") + packed
    return chunk + pixels[whole:].tobytes()


def unpacked(chunk, item, size):
    block = min(int.from_bytes(chunk[8:12], "big"), size * item)
    out, planes = np.full(size, 77, np.int32), np.empty(block + SLACK, np.uint8)
    words = np.empty(block // item // 8, np.uint64)
    n = unpack_bslz4(np.frombuffer(chunk, np.uint8), item, out, planes, words, words.view(np.uint8))
    return out, n


def counts(kind, size, highest, seed):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, highest, size, endpoint=True).astype(kind)
    pixels[rng.random(size) < 0.1] = np.iinfo(kind).max  # no value
    return pixels


def expected(pixels):
    if pixels.dtype == np.uint32:
        return pixels.view(np.int32)
    return np.where(pixels == np.iinfo(pixels.dtype).max, -1, pixels.astype(np.int32))


@pytest.mark.parametrize("size", [1, 8, 64, 1000, 4099])
@pytest.mark.parametrize(("kind", "highest"), [
    ("u1", 3), ("u1", 254), ("u2", 0), ("u2", 200), ("u2", 65534),
    ("u4", 0), ("u4", 255), ("u4", 256), ("u4", 65535), ("u4", 2**24), ("u4", 2**32 - 1),
])  # fmt: skip
def test_every_depth_and_range(kind, highest, size):
    pixels = counts(kind, size, highest, size)
    for block in (8, 40, 2048):
        out, n = unpacked(chunk_of(pixels, block), pixels.itemsize, size)
        assert n == size
        np.testing.assert_array_equal(out, expected(pixels))


def test_a_chunk_cut_short_or_of_an_odd_block_is_not_whole():
    pixels = counts("u4", 100, 9, 1)
    chunk = chunk_of(pixels, 32)
    for length in range(len(chunk)):
        assert unpacked(chunk[:length] if length > 12 else chunk[:12], 4, 100)[1] < 100
    for block in (0, 4, 33, 2**32 - 1):
        assert unpacked(chunk[:8] + block.to_bytes(4, "big") + chunk[12:], 4, 100)[1] < 100


def test_a_chunk_that_goes_on_is_not_whole():
    chunk = chunk_of(counts("u2", 100, 9, 1), 32)
    assert unpacked(chunk, 2, 100)[1] == 100
    assert unpacked(chunk + b"\0", 2, 100)[1] < 100


@pytest.mark.parametrize("size", [1, 8, 1000, 4099])
@pytest.mark.parametrize(("kind", "highest"), [("u1", 3), ("u2", 200), ("u2", 65534), ("u4", 300), ("u4", 2**32 - 1)])
def test_planes_of_all_blocks_at_once(kind, highest, size):
    pixels = counts(kind, size, highest, size)
    whole, item = size // 8 * 8, pixels.itemsize
    for block in (8, 40, 2048):
        planes = b"".join(shuffled(pixels[i : min(i + block, whole)]) for i in range(0, whole, block))
        planes += pixels[whole:].tobytes()
        words = np.empty(min(block, max(whole, 8)) // 8, np.uint64)
        out = np.full(size, 77, np.int32)
        unshuffle(np.frombuffer(planes, np.uint8), item, block * item, out, words, words.view(np.uint8))
        np.testing.assert_array_equal(out, expected(pixels))
