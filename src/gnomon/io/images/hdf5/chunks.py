"""Chunks unpacked outside of HDF5, so that threads need not wait for its lock, and damage harms nobody.

The filters that HDF5 itself would use for bitshuffle crash on a damaged chunk. No length is taken for true here: a
chunk announces as many bytes as an image has, its blocks hold as many as they should and end where they should, and
nothing is left over. LZ4 and Zstandard, as HDF5 uses them, have no checksum: a byte changed among those kept as they
are goes unseen, unless the data set has a Fletcher32 filter.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Protocol

import h5py
import numpy as np

from gnomon.errors import InputError
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


_CHECKSUM = 4  # bytes of Fletcher32
_MOST_DEFLATED = 1032  # times as many bytes as deflate can give
_HARMLESS = 64_000_000  # bytes
_FLETCHER32 = 3
_DEFLATE, _LZ4, _BITSHUFFLE = 1, 32004, 32008
_MOST_IN_CHUNK = 800_000_000  # bytes
_BITSHUFFLE_WITH = {2: bslz4, 3: bszstd}


@dataclass(frozen=True)
class Tile:
    """A chunk as it is on disk, and where in the image it begins; ``packed`` unless its filter was left out."""

    y: int
    x: int
    content: bytes
    packed: bool


@dataclass(frozen=True, eq=False)
class Tiles:
    """All chunks of frame ``frame`` of a data set, by which codec they are packed, and their shape."""

    found: Sequence[Tile]
    codec: Codec
    dtype: np.dtype
    shape: tuple[int, int]
    chunk: tuple[int, int, int]
    frame: int

    def pixels(self, buffers: Buffers) -> np.ndarray:
        """(slow, fast) int32, -1 where there is no value. Raises RuntimeError where a chunk is damaged."""
        depth, ny, nx = self.chunk
        if self.chunk == (1, *self.shape):
            return self._unpacked(self.found[0], buffers)
        image = np.empty(self.shape, np.int32)
        for tile in self.found:
            part = self._unpacked(tile, buffers).reshape(self.chunk)[self.frame % depth]
            room = image[tile.y : tile.y + ny, tile.x : tile.x + nx]
            room[:] = part[: room.shape[0], : room.shape[1]]
        return image

    def _unpacked(self, tile: Tile, buffers: Buffers) -> np.ndarray:
        depth, ny, nx = self.chunk
        codec = self.codec if tile.packed else plain
        return codec(tile.content, self.dtype, (depth * ny, nx), buffers)


def codec_of(data: h5py.Dataset) -> Codec | None:
    """What unpacks a chunk of ``data``; nothing where only HDF5 can. Raises InputError where none can."""
    if data.chunks is None:
        return None
    size = int(np.prod(data.chunks, dtype=float)) * data.dtype.itemsize
    if size > _MOST_IN_CHUNK:
        raise InputError(
            f"{data.file.filename}: the chunks of {data.name} are of {size / 1e6:.0f} MB, needed at most "
            f"{_MOST_IN_CHUNK / 1e6:.0f}; repack it with one image a chunk: h5repack -l CHUNK=1x...x..."
        )
    created = data.id.get_create_plist()
    if created.get_nfilters() > 1:
        return None
    if created.get_nfilters() == 0:
        return plain
    code, _, settings, _ = created.get_filter(0)
    if code == _BITSHUFFLE:
        codec = _BITSHUFFLE_WITH.get(settings[4] if len(settings) > 4 else 0)
        if codec is None or data.dtype.itemsize not in (1, 2, 4) or not data.dtype.isnative:
            raise InputError(
                f"{data.file.filename}: {data.name} is bit-shuffled {data.dtype} of a kind that gnomon does not read; "
                "repack it: h5repack -f GZIP=1"
            )
        return codec
    return {_DEFLATE: gzip, _LZ4: lz4}.get(code)


def require_small(data: h5py.Dataset, frame: int) -> None:
    """Check that the chunks of a frame that HDF5 itself unpacks hold no more than they should. Raises InputError.

    HDF5's own deflate goes on as long as the packed bytes do: some MB can give as many GB.
    """
    if data.chunks is None or data.is_virtual:
        return
    created = data.id.get_create_plist()
    filters = [created.get_filter(i)[0] for i in range(created.get_nfilters())]
    if _DEFLATE not in filters:
        return
    depth, ny, nx = data.chunks
    most = depth * ny * nx * data.dtype.itemsize + _CHECKSUM
    for y, x in product(range(0, data.shape[1], ny), range(0, data.shape[2], nx)):
        skipped, content = data.id.read_direct_chunk((frame // depth * depth, y, x))
        deflated = filters.index(_DEFLATE)
        if skipped & (1 << deflated) or len(content) * _MOST_DEFLATED <= max(most, _HARMLESS):
            continue
        inner = content[:-_CHECKSUM] if filters[-1] == _FLETCHER32 and filters[0] != _FLETCHER32 else content
        if filters[deflated + 1 :] in ([], [_FLETCHER32]) and inflated_size(inner, most + 1) > most:
            raise InputError(
                f"{data.file.filename}: a chunk of {data.name} unpacks to more than its size; copy it again"
            )


def tiles_of(data: h5py.Dataset, codec: Codec, frame: int) -> Tiles:
    """The chunks of one frame."""
    depth, ny, nx = data.chunks
    found = []
    for y, x in product(range(0, data.shape[1], ny), range(0, data.shape[2], nx)):
        skipped, content = data.id.read_direct_chunk((frame // depth * depth, y, x))
        found.append(Tile(y, x, content, not skipped))
    return Tiles(found, codec, data.dtype, data.shape[1:], data.chunks, frame)
