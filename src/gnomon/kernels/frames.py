"""Frames in memory: two bytes a pixel, and a list of the few counts that do not fit."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gnomon.kernels.jit import kernel

BAD_CODE, OVERLOAD_CODE, LARGE_CODE = 65535, 65534, 65533
"""Codes of a pixel that is masked or below its trusted range; above it; whose count stands in the list."""


class Block(NamedTuple):
    """Consecutive frames, each a row: code = count + bias. Large counts are found by row * n_pixels + pixel."""

    codes: np.ndarray  # (k, n_pixels) uint16
    first: int  # number of the frame in row 0
    bias: int
    large_at: np.ndarray  # (m,) int64, ascending
    large: np.ndarray  # (m,) int32


@kernel
def load_frame(frame, mask, low, high, bias, row):
    """The number of large counts in ``frame`` (ny, nx), of which the codes are written to ``row`` (ny nx,) uint16.

    mask: (ny, nx) bool, true where usable; low, high: whole numbers, the trusted range, both ends valid.
    """
    counts, usable, n_large = frame.ravel(), mask.ravel().view(np.uint8), np.int32(0)
    low, high, bias = np.int32(low), np.int32(high), np.int32(bias)
    least, most = np.int32(-bias), np.int32(LARGE_CODE - 1 - bias)
    for k in range(counts.size):  # int32 throughout, and choices instead of branches: so it runs on vectors
        count = counts[k]
        code = np.int32(count + bias)
        code = np.int32(LARGE_CODE) if count > most else code
        code = np.int32(LARGE_CODE) if count < least else code
        code = np.int32(OVERLOAD_CODE) if count > high else code
        code = np.int32(BAD_CODE) if count < low else code
        code = np.int32(BAD_CODE) if usable[k] == np.uint8(0) else code
        row[k] = np.uint16(code)
        n_large += np.int32(code == np.int32(LARGE_CODE))
    return n_large


@kernel
def list_large(frame, row, offset, at, counts):
    """Fill ``at`` (m,) with ``offset`` + place and ``counts`` (m,) with the large counts of ``frame`` (ny, nx).

    row: (ny nx,) uint16, the frame's codes.
    """
    nx, n = frame.shape[1], 0
    for place in range(row.size):
        if row[place] == LARGE_CODE:
            at[n], counts[n] = offset + place, frame[place // nx, place % nx]
            n += 1


@kernel
def large_count(block, row, place):
    """The count of a pixel whose code is LARGE_CODE."""
    wanted = row * block.codes.shape[1] + place
    low, high = 0, len(block.large_at)
    while low + 1 < high:
        middle = (low + high) // 2
        if block.large_at[middle] <= wanted:
            low = middle
        else:
            high = middle
    return block.large[low]
