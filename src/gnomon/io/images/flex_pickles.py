"""Masks, and tables of dx and dy, as DIALS reads and writes them: pickled tuples of flex arrays of two dimensions.

They are taken apart, and put together, by hand: nothing that a file names is run, and what is written names classes
that are not ours. Tables that gnomon writes have, behind the end of the pickle (where unpickling stops), the modules
that they were made from: they are exact, and a few kilobytes instead of four bytes a pixel.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

from gnomon.io.flex_numbers import FlexBytes
from gnomon.io.inert_pickle import Inert, bytes_of, load
from gnomon.models.detector import Detector
from gnomon.models.offsets import Files, ModuleGrid, ModuleOffsets, Offsets

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


def unpickled_masks(data: bytes) -> tuple[np.ndarray, ...]:
    """The (slow, fast) bool arrays in a pickle. Raises one of ``inert_pickle.BROKEN`` where it is no mask."""
    return tuple(_array(shape, source) for shape, source in unpickled_grids(data, "bool"))


def _array(shape: tuple[int, int], source: FlexBytes) -> np.ndarray:
    mask = source.truths(shape[0] * shape[1])
    source.finish()
    return mask.reshape(shape)


def pickled_masks(masks: tuple[np.ndarray, ...]) -> bytes:
    """The pickle that DIALS reads of (slow, fast) bool arrays."""
    return pickled_grids("bool", [(mask.shape, (mask.astype(np.uint8) + ord("0")).tobytes()) for mask in masks])


MARK = b"\ngnomon modules 1\n"
"""Before the modules, behind the pickle."""
LONGEST_TAIL = 1 << 22
"""Bytes from the end among which the mark is looked for: modules of thousands of panels are described in 1 MB."""


def unpickled_reals(data: bytes) -> tuple[np.ndarray, ...]:
    """The (slow, fast) float32 arrays in a pickle. Raises one of ``inert_pickle.BROKEN`` where it is no such table."""
    from gnomon.kernels.flex_reals import unpack_reals  # numba: not for files of ours

    found = []
    for shape, source in unpickled_grids(data, "double"):
        values = np.empty(shape, np.float32)
        packed = np.frombuffer(source.data, np.uint8)[source.at :]
        if unpack_reals(packed, values.reshape(-1)) != len(packed):
            raise ValueError("numbers that end early, or more of them than the array has")
        if not np.isfinite(values).all():
            raise ValueError("numbers that are not finite")
        found.append(values)
    return tuple(found)


def packed_reals(values: np.ndarray) -> bytes:
    """The numbers of an array as flex writes them, to 1.5e-5 of the power of two above the largest.

    All have the same length, not the shortest that each could have.
    """
    largest = float(np.abs(values).max(initial=0.0))
    power = max(0, int(np.ceil(np.log2(largest)))) if largest > 0 else 0
    mantissa = np.minimum(np.rint(np.abs(values) * 2.0 ** (16 - power)), 0xFFFF).astype(np.uint16).ravel()
    record = np.empty((len(mantissa), 5 if power else 4), np.uint8)
    record[:, 0] = np.where(np.signbit(values).ravel(), 0x83, 0x03)
    record[:, 1], record[:, 2] = mantissa >> 8, mantissa & 0xFF
    record[:, 3:] = (2, power) if power else (0,)
    return record.tobytes()


def pickled_offsets(detector: Detector) -> tuple[bytes, bytes]:
    """The files of dx and dy with the offsets of the detector's panels."""
    numbers: tuple[list[Any], list[Any]] = ([], [])
    for panel in detector.panels:
        nx, ny = panel.image_size
        dx, dy = _map(panel.offsets, nx, ny)
        numbers[0].append(((ny, nx), packed_reals(dx)))
        numbers[1].append(((ny, nx), packed_reals(dy)))
    tail = _tail([panel.offsets for panel in detector.panels])
    return pickled_grids("double", numbers[0]) + tail, pickled_grids("double", numbers[1]) + tail


def _map(offsets: Offsets | None, nx: int, ny: int) -> tuple[np.ndarray, np.ndarray]:
    """dx and dy, (ny, nx) float32."""
    out = np.zeros((2, ny, nx), np.float32)
    if offsets is not None:
        x = np.arange(nx) + 0.5
        for y in range(ny):  # a row at a time: no large temporaries
            out[:, y] = offsets.at(np.column_stack([x, np.full(nx, y + 0.5)])).T
    return out[0], out[1]


def _tail(offsets: Sequence[Offsets | None]) -> bytes:
    """The modules of each panel, or null; nothing where a panel's offsets are not by modules alone."""
    rows: list[dict[str, Any] | None] = []
    for one in offsets:
        if one is None:
            rows.append(None)
        elif isinstance(one, ModuleOffsets) and one.base is None:
            grid = one.grid
            rows.append(
                {
                    "image_size": list(grid.image_size),
                    "pixel_size": list(grid.pixel_size),
                    "fast": grid.fast.tolist(),
                    "slow": grid.slow.tolist(),
                    "shift": one.shift.tolist(),
                    "turn": one.turn.tolist(),
                }
            )
        else:
            return b""
    return MARK + json.dumps(rows).encode()


def modules_behind(tail: bytes, files: Files) -> tuple[Offsets | None, ...] | None:
    """The offsets of all panels that the end of a file of ours describes; None where it does not."""
    place = tail.rfind(MARK)
    if place < 0:
        return None
    rows = json.loads(tail[place + len(MARK) :])
    return tuple(None if row is None else _modules(row, files) for row in rows)


def _modules(row: dict[str, Any], files: Files) -> ModuleOffsets:
    (nx, ny), (px, py) = row["image_size"], row["pixel_size"]
    grid = ModuleGrid((nx, ny), (px, py), np.array(row["fast"]), np.array(row["slow"]))
    return ModuleOffsets(grid, np.array(row["shift"], float), np.array(row["turn"], float), files=files)
