"""Flex arrays with two dimensions in pickles, as masks and offsets are: taken apart, and put together by hand.

Nothing that a file names is run; what is written names classes that are not ours.
"""

from __future__ import annotations

import struct
from typing import Any

from gnomon.io.flex_numbers import FlexBytes
from gnomon.io.inert_pickle import Inert, bytes_of, load

_MODULE = b"scitbx_array_family_flex_ext"


def unpickled_grids(data: bytes, kind: str) -> list[tuple[tuple[int, int], FlexBytes]]:
    """(slow, fast) and, behind its count, the numbers of each flex array of ``kind`` in a pickled tuple.

    Raises one of ``inert_pickle.BROKEN`` where it holds anything else.
    """
    arrays = load(data)
    if not isinstance(arrays, tuple) or not arrays:
        raise ValueError("it is not a tuple of arrays")
    return [_opened(array, kind) for array in arrays]


def _opened(flex: Any, kind: str) -> tuple[tuple[int, int], FlexBytes]:
    if not isinstance(flex, Inert) or flex.kind != kind:
        raise ValueError(f"it holds something else than flex.{kind}")
    grid, payload = flex.state
    origin, end, _ = grid.arguments if len(grid.arguments) == 3 else ((), *grid.arguments, True)
    if len(end) != 2 or any(origin):
        raise ValueError(f"an array of {len(end)} dimensions, or that does not start at 0, where two are needed")
    source = FlexBytes(bytes_of(payload))
    if source.integer() != end[0] * end[1]:
        raise ValueError("an array of another size than it says")
    return (int(end[0]), int(end[1])), source


def pickled_grids(kind: str, arrays: list[tuple[tuple[int, int], bytes]]) -> bytes:
    """The pickle (protocol 4) that DIALS reads of a tuple of flex arrays: of each (slow, fast) and its numbers."""
    return b"\x80\x04(" + b"".join(_pickled(kind, *array) for array in arrays) + b"t."


def _pickled(kind: str, shape: tuple[int, int], numbers: bytes) -> bytes:
    end = b"".join(b"J" + struct.pack("<i", n) for n in shape) + b"\x86"
    grid = b"c" + _MODULE + b"\ngrid\n" + b"K\x00K\x00\x86" + end + b"\x88\x87R" + end + b"b"
    count = shape[0] * shape[1]
    size = count.to_bytes((count.bit_length() + 7) // 8, "little")
    payload = bytes([len(size) + 1]) + size + numbers
    opcode = b"B" + struct.pack("<I", len(payload))
    return b"c" + _MODULE + b"\n" + kind.encode() + b"\n)R" + grid + opcode + payload + b"\x86b"
