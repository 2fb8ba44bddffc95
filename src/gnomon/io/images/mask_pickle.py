"""Masks as DIALS writes them: a pickled tuple of flex.bool arrays, one (slow, fast) a panel, true where it may be used.

Nothing that a file names is run. What is written is put together by hand, since the classes that it names are not ours.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from gnomon.io.flex_numbers import FlexBytes
from gnomon.io.inert_pickle import Inert, bytes_of, load

_MODULE = b"scitbx_array_family_flex_ext"


def unpickled_masks(data: bytes) -> tuple[np.ndarray, ...]:
    """The (slow, fast) bool arrays in a pickle. Raises one of ``inert_pickle.BROKEN`` where it is no mask."""
    arrays = load(data)
    if not isinstance(arrays, tuple) or not arrays:
        raise ValueError("it is not a tuple of arrays")
    return tuple(_array(array) for array in arrays)


def _array(flex: Any) -> np.ndarray:
    if not isinstance(flex, Inert) or flex.kind != "bool":
        raise ValueError("it holds something else than arrays of truth values")
    grid, payload = flex.state
    origin, end, _ = grid.arguments if len(grid.arguments) == 3 else ((), *grid.arguments, True)
    if len(end) != 2 or any(origin):
        raise ValueError(f"an array of {len(end)} dimensions, or that does not start at 0, where two are needed")
    source = FlexBytes(bytes_of(payload))
    if source.integer() != end[0] * end[1]:
        raise ValueError("an array of another size than it says")
    mask = source.truths(end[0] * end[1])
    source.finish()
    return mask.reshape(end)


def pickled_masks(masks: tuple[np.ndarray, ...]) -> bytes:
    """The pickle (protocol 4) that DIALS reads of (slow, fast) bool arrays."""
    return b"\x80\x04(" + b"".join(map(_pickled, masks)) + b"t."


def _pickled(mask: np.ndarray) -> bytes:
    shape = b"".join(b"J" + struct.pack("<i", n) for n in mask.shape) + b"\x86"
    grid = b"c" + _MODULE + b"\ngrid\n" + b"K\x00K\x00\x86" + shape + b"\x88\x87R" + shape + b"b"
    size = mask.size.to_bytes((mask.size.bit_length() + 7) // 8, "little")
    numbers = bytes([len(size) + 1]) + size + (mask.astype(np.uint8) + ord("0")).tobytes()
    payload = b"B" + struct.pack("<I", len(numbers)) + numbers
    return b"c" + _MODULE + b"\nbool\n)R" + grid + payload + b"\x86b"
