"""Chunks unpacked outside of HDF5, so that threads need not wait for its lock.

Ours unpacks bslz4, isal gzip; the DECTRIS library, which checks every length before it reads or writes, lz4 and
bszstd, or, without it, HDF5 itself, one image at a time.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from importlib.util import find_spec

import h5py
import numpy as np
from isal import isal_zlib

from gnomon.io.images.buffers import Buffers
from gnomon.step import InputError

Unpack = Callable[[bytes, Buffers], np.ndarray]
"""From a chunk its (slow, fast) pixels, int32, -1 where there is no value; raises RuntimeError where it is damaged."""

_DEFLATE, _LZ4, _BITSHUFFLE = 1, 32004, 32008
_BITSHUFFLE_OF = {2: "bslz4", 3: "bszstd"}


def unpacker_of(data: h5py.Dataset) -> Unpack | None:
    """What unpacks a chunk of ``data``; nothing where only HDF5 can, or a chunk is not one whole image."""
    if data.chunks != (1, *data.shape[1:]):
        return None
    created = data.id.get_create_plist()
    if created.get_nfilters() > 1:
        return None
    if created.get_nfilters() == 0:
        return plain(data)
    code, _, settings, _ = created.get_filter(0)
    if code == _DEFLATE:
        return _to_bytes_by(isal_zlib.decompress, data)
    name = _BITSHUFFLE_OF.get(settings[4] if len(settings) > 4 else 0) if code == _BITSHUFFLE else None
    name = "lz4" if code == _LZ4 else name
    if name == "bslz4" and data.dtype.newbyteorder("=") in _OURS and data.dtype.isnative:
        return _bslz4(data)
    if name is None or find_spec("dectris") is None:
        return None
    return _to_bytes_by(_dectris(name, data.dtype.itemsize, _size(data)), data)


def _size(data: h5py.Dataset) -> int:
    """Bytes of an image."""
    return data.dtype.itemsize * data.shape[1] * data.shape[2]


def plain(data: h5py.Dataset) -> Unpack:
    """For chunks of ``data`` that are not packed."""
    return _to_bytes_by(bytes, data)


def _to_bytes_by(inflate: Callable[[bytes], bytes], data: h5py.Dataset) -> Unpack:
    dtype, shape, size = data.dtype, data.shape[1:], _size(data)

    def unpack(chunk: bytes, buffers: Buffers) -> np.ndarray:
        raw = inflate(chunk)
        if len(raw) != size:
            raise RuntimeError(f"it holds {len(raw)} of {size} bytes of pixels")
        return counts_of(np.frombuffer(raw, dtype).reshape(shape), buffers)

    return unpack


_OURS = (np.uint8, np.uint16, np.uint32, np.int32)


def _bslz4(data: h5py.Dataset) -> Unpack:
    item, shape, size = data.dtype.itemsize, data.shape[1:], _size(data)

    def unpack(chunk: bytes, buffers: Buffers) -> np.ndarray:
        from gnomon.kernels.bitshuffle import HEADER, unpack_bslz4  # numba: only when pixels are wanted
        from gnomon.kernels.lz4 import SLACK

        announced, block = struct.unpack_from(">QI", chunk) if len(chunk) >= HEADER else (-1, 0)
        if announced != size:
            raise RuntimeError(f"it announces {announced} bytes, not {size}")
        pixels = buffers.take("pixels", shape, np.int32)
        planes = buffers.take("planes", (min(block, size) + SLACK,), np.uint8)
        words = buffers.take("words", (min(block, size) // (8 * item),), np.uint64)
        packed = np.frombuffer(chunk, np.uint8)
        n = unpack_bslz4(packed, item, pixels.reshape(-1), planes, words, words.view(np.uint8))
        if n < pixels.size:
            raise RuntimeError(f"{n} of {pixels.size} pixels could be unpacked")
        return pixels

    return unpack


def _dectris(name: str, item_size: int, size: int) -> Callable[[bytes], bytes]:
    from dectris.compression import decompress

    def unpack(chunk: bytes) -> bytes:
        announced = struct.unpack(">Q", chunk[:8])[0] if len(chunk) >= 12 else -1
        if announced != size:
            raise RuntimeError(f"it announces {announced} bytes, not {size}")
        return decompress(chunk, name, elem_size=item_size)

    return unpack


def unpacked(unpack: Unpack, chunk: bytes, buffers: Buffers, what: str) -> np.ndarray:
    """The (slow, fast) int32 pixels of a chunk. Raises InputError, which begins with ``what``, where it is damaged."""
    try:
        return unpack(chunk, buffers)
    except (RuntimeError, ValueError, MemoryError, zlib.error, isal_zlib.error) as error:
        raise InputError(f"{what}: its pixels are damaged ({error}); copy the file again") from None


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
