"""Chunks unpacked outside of HDF5, so that threads need not wait for its lock, and damage harms nobody.

The filters that HDF5 itself would use for bitshuffle crash on a damaged chunk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import h5py
import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.buffers import Buffers
from gnomon.io.images.hdf5 import codecs
from gnomon.io.images.hdf5.codecs import Codec

_CHECKSUM = 4  # bytes of Fletcher32
_MOST_DEFLATED = 1032  # times as many bytes as deflate can give
_HARMLESS = 64_000_000  # bytes
_FLETCHER32 = 3
_DEFLATE, _LZ4, _BITSHUFFLE = 1, 32004, 32008
_MOST_IN_CHUNK = 800_000_000  # bytes
_BITSHUFFLE_WITH = {2: codecs.bslz4, 3: codecs.bszstd}


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
        codec = self.codec if tile.packed else codecs.plain
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
        return codecs.plain
    code, _, settings, _ = created.get_filter(0)
    if code == _BITSHUFFLE:
        codec = _BITSHUFFLE_WITH.get(settings[4] if len(settings) > 4 else 0)
        if codec is None or data.dtype.itemsize not in (1, 2, 4) or not data.dtype.isnative:
            raise InputError(
                f"{data.file.filename}: {data.name} is bit-shuffled {data.dtype} of a kind that gnomon does not read; "
                "repack it: h5repack -f GZIP=1"
            )
        return codec
    return {_DEFLATE: codecs.gzip, _LZ4: codecs.lz4}.get(code)


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
        if filters[deflated + 1 :] in ([], [_FLETCHER32]) and codecs.inflated_size(inner, most + 1) > most:
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
