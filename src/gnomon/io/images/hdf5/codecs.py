"""The packings of chunks: what is checked before pixels are believed.

No length is taken for true: a chunk announces as many bytes as an image has, its blocks hold as many as they should and
end where they should, and nothing is left over. LZ4 and Zstandard, as HDF5 uses them, have no checksum: a byte
changed among those kept as they are goes unseen, unless the data set has a Fletcher32 filter.
"""

from __future__ import annotations

import struct
from typing import Protocol

import numpy as np

from gnomon.io.images.buffers import Buffers

_HEADER = 12  # bytes: how many the chunk holds (8), how many a block holds (4), big-endian


class Codec(Protocol):
    """Unpacks a chunk."""

    def __call__(self, chunk: bytes, dtype: np.dtype, shape: tuple[int, int], buffers: Buffers) -> np.ndarray:
        """The pixels of ``shape``, int32, -1 where there is no value; they may be in ``buffers``.

        dtype: of the pixels in the file. Raises RuntimeError where the chunk is damaged.
        """


def bslz4(chunk: bytes, dtype: np.dtype, shape: tuple[int, int], buffers: Buffers) -> np.ndarray:
    """Bit-shuffled blocks, each packed with LZ4: a :class:`Codec`, of pixels of one, two or four bytes."""
    from gnomon.kernels.bitshuffle import unpack_bslz4  # numba: only when pixels are wanted
    from gnomon.kernels.lz4 import SLACK

    item, size = dtype.itemsize, dtype.itemsize * shape[0] * shape[1]
    block = min(_block_of(chunk, size), size)
    pixels = buffers.take("pixels", shape, np.int32)
    planes = buffers.take("planes", (block + SLACK,), np.uint8)
    words = buffers.take("words", (block // (8 * item),), np.uint64)
    packed = np.frombuffer(chunk, np.uint8)
    n = unpack_bslz4(packed, item, pixels.reshape(-1), planes, words, words.view(np.uint8))
    if n < pixels.size:
        raise RuntimeError(f"{n} of {pixels.size} pixels could be unpacked")
    return _signed(pixels, dtype)


def bszstd(chunk: bytes, dtype: np.dtype, shape: tuple[int, int], buffers: Buffers) -> np.ndarray:
    """Bit-shuffled blocks, each packed with Zstandard: a :class:`Codec`, of pixels of one, two or four bytes."""
    from gnomon.kernels.bitshuffle import unshuffle  # numba: only when pixels are wanted

    item, size = dtype.itemsize, dtype.itemsize * shape[0] * shape[1]
    block = _block_of(chunk, size)
    if block % (8 * item):
        raise RuntimeError(f"its blocks hold {block} bytes, which are no whole pixels")
    planes = buffers.take("planes", (size,), np.uint8)
    _fill(planes, memoryview(chunk), block, size // (8 * item) * 8 * item)
    pixels = buffers.take("pixels", shape, np.int32)
    words = buffers.take("words", (min(block, size) // (8 * item),), np.uint64)
    unshuffle(planes, item, block, pixels.reshape(-1), words, words.view(np.uint8))
    return _signed(pixels, dtype)


def _signed(pixels: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Pixels that were unpacked as if they had no sign."""
    return pixels.astype(dtype).astype(np.int32) if dtype.kind == "i" and dtype.itemsize < 4 else pixels


def _fill(planes: np.ndarray, chunk: memoryview, block: int, end: int) -> None:
    """The bytes of all blocks into ``planes``, of which those from ``end`` on are not packed."""
    import zstandard  # only where there is such a file

    inflate = zstandard.ZstdDecompressor().decompress
    at, done = _HEADER, 0
    try:
        while done < end:
            n = min(block, end - done)
            packed = chunk[at + 4 : at + 4 + int.from_bytes(chunk[at : at + 4], "big")]
            if zstandard.frame_content_size(packed) not in (n, -1):
                raise RuntimeError(f"a block announces other than {n} bytes")
            planes[done : done + n] = np.frombuffer(inflate(packed, n, allow_extra_data=False), np.uint8)
            at += 4 + len(packed)
            done += n
    except zstandard.ZstdError as error:
        raise RuntimeError(str(error)) from None
    if len(chunk) - at != planes.size - end:
        raise RuntimeError(f"{len(chunk) - at} bytes are left at its end, not {planes.size - end}")
    planes[end:] = np.frombuffer(chunk[at:], np.uint8)


def lz4(chunk: bytes, dtype: np.dtype, shape: tuple[int, int], buffers: Buffers) -> np.ndarray:
    """Blocks packed with LZ4: a :class:`Codec`."""
    from gnomon.kernels.lz4 import SLACK, unpack_lz4_blocks  # numba: only when pixels are wanted

    size = dtype.itemsize * shape[0] * shape[1]
    block = _block_of(chunk, size)
    raw = buffers.take("bytes", (size + SLACK,), np.uint8)
    n = unpack_lz4_blocks(np.frombuffer(chunk, np.uint8), _HEADER, block, size, raw)
    if n < size:
        raise RuntimeError(f"{n} of {size} bytes could be unpacked")
    return counts_of(raw[:size].view(dtype).reshape(shape), buffers)


def gzip(chunk: bytes, dtype: np.dtype, shape: tuple[int, int], buffers: Buffers) -> np.ndarray:
    """What zlib packed, with its checksum: a :class:`Codec`."""
    from isal import isal_zlib

    stream, size = isal_zlib.decompressobj(), dtype.itemsize * shape[0] * shape[1]
    try:
        raw = stream.decompress(chunk, size + 1)
    except isal_zlib.error as error:  # type: ignore[misc]  # isal says that it is an instance
        raise RuntimeError(str(error)) from None
    if len(raw) > size:
        raise RuntimeError(f"it holds more than {size} bytes of pixels")
    if not stream.eof or stream.unused_data:
        raise RuntimeError("it is cut short" if not stream.eof else "it goes on behind its end")
    return plain(raw, dtype, shape, buffers)


def inflated_size(packed: bytes, most: int) -> int:
    """How many bytes a zlib stream unpacks to, counted up to ``most``; 0 where it is none."""
    from isal import isal_zlib

    stream, size = isal_zlib.decompressobj(), 0
    try:
        while packed and size < most:
            size += len(stream.decompress(packed, min(most, 1 << 22)))
            packed = stream.unconsumed_tail
    except isal_zlib.error:  # type: ignore[misc]  # isal says that it is an instance
        return 0
    return size


def plain(chunk: bytes, dtype: np.dtype, shape: tuple[int, int], buffers: Buffers) -> np.ndarray:
    """Pixels as they are: a :class:`Codec`."""
    size = dtype.itemsize * shape[0] * shape[1]
    if len(chunk) != size:
        raise RuntimeError(f"it holds {len(chunk)} of {size} bytes of pixels")
    return counts_of(np.frombuffer(chunk, dtype).reshape(shape), buffers)


def _block_of(chunk: bytes, size: int) -> int:
    """How many bytes a block holds. Raises RuntimeError where the chunk does not announce ``size`` bytes in all."""
    announced, block = struct.unpack_from(">QI", chunk) if len(chunk) >= _HEADER else (-1, 0)
    if announced != size:
        raise RuntimeError(f"it announces {announced} bytes, not {size}")
    if not block:
        raise RuntimeError("its blocks hold nothing")
    return block


def counts_of(raw: np.ndarray, buffers: Buffers) -> np.ndarray:
    """The pixels as int32. The largest unsigned number is how DECTRIS marks a pixel without a value: -1 here."""
    if raw.dtype == np.uint32:
        return raw.view(np.int32)  # from 2³¹ on negative: no detector counts so far
    if raw.dtype.kind == "u" and raw.dtype.itemsize < 4:
        from gnomon.kernels.widen import widen  # numba: only when pixels are wanted

        counts = buffers.take("pixels", raw.shape, np.int32)
        widen(np.ascontiguousarray(raw).reshape(-1), counts.reshape(-1), np.iinfo(raw.dtype).max)
        return counts
    limits = np.iinfo(np.int32)
    return raw.clip(-1, limits.max).astype(np.int32) if raw.dtype.itemsize > 4 else raw.astype(np.int32)
