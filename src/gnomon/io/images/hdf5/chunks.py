"""Chunks unpacked outside of HDF5, so that threads need not wait for its lock.

The DECTRIS library checks every length before it reads or writes; without it HDF5 itself unpacks, one image at a time.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from importlib.util import find_spec

import h5py
from isal import isal_zlib

from gnomon.step import InputError

Unpack = Callable[[bytes], bytes]

_DEFLATE, _LZ4, _BITSHUFFLE = 1, 32004, 32008
_BITSHUFFLE_OF = {2: "bslz4", 3: "bszstd"}


def unpacker_of(data: h5py.Dataset) -> Unpack | None:
    """What unpacks a chunk of ``data``; nothing where only HDF5 can, or a chunk is not one whole image."""
    if data.chunks != (1, *data.shape[1:]):
        return None
    created = data.id.get_create_plist()
    if created.get_nfilters() == 0:
        return bytes
    if created.get_nfilters() > 1:
        return None
    code, _, settings, _ = created.get_filter(0)
    if code == _DEFLATE:
        return isal_zlib.decompress
    name = _BITSHUFFLE_OF.get(settings[4] if len(settings) > 4 else 0) if code == _BITSHUFFLE else None
    name = "lz4" if code == _LZ4 else name
    if name is None or find_spec("dectris") is None:
        return None
    return _dectris(name, data.dtype.itemsize, data.dtype.itemsize * data.shape[1] * data.shape[2])


def _dectris(name: str, item_size: int, size: int) -> Unpack:
    from dectris.compression import decompress

    def unpack(chunk: bytes) -> bytes:
        announced = struct.unpack(">Q", chunk[:8])[0] if len(chunk) >= 12 else -1
        if announced != size:
            raise RuntimeError(f"it announces {announced} bytes, not {size}")
        return decompress(chunk, name, elem_size=item_size)

    return unpack


def unpacked(unpack: Unpack, chunk: bytes, size: int, what: str) -> bytes:
    """The ``size`` bytes of a chunk. Raises InputError, which begins with ``what``, where the chunk is damaged."""
    try:
        data = unpack(chunk)
    except (RuntimeError, ValueError, MemoryError, zlib.error, isal_zlib.error) as error:
        raise InputError(f"{what}: its pixels are damaged ({error}); copy the file again") from None
    if len(data) != size:
        raise InputError(f"{what}: it holds {len(data)} of {size} bytes of pixels; copy the file again")
    return data
