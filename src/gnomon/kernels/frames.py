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
    ny, nx = frame.shape
    n_large = 0
    for y in range(ny):
        for x in range(nx):
            count = np.int64(frame[y, x])
            code = count + bias
            fits = (code >= 0) & (code < LARGE_CODE)
            large = (not fits) & mask[y, x] & (count >= low) & (count <= high)
            code = code if fits else LARGE_CODE
            code = OVERLOAD_CODE if count > high else code
            code = BAD_CODE if (count < low) | (not mask[y, x]) else code
            row[y * nx + x] = np.uint16(code)
            n_large += large
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
