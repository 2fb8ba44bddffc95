"""The tables dx and dy as DIALS reads them: a pickled tuple of flex.double arrays, one (slow, fast) a panel, in pixels.

What gnomon writes has, behind the end of the pickle (where unpickling stops), the modules that it was made from: they
are exact, and a few kilobytes instead of four bytes a pixel.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from gnomon.io.images.flex_grid import pickled_grids, unpickled_grids
from gnomon.models.detector import Detector
from gnomon.models.offsets import Files, ModuleGrid, ModuleOffsets, Offsets

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
