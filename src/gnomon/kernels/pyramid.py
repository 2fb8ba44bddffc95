"""Smaller pictures of an image: each pixel the largest of four, so that a spot of one pixel is seen at any size."""

import numpy as np

from gnomon.kernels.jit import kernel

NOTHING = np.int32(-(2**31))
"""Where no pixel under it may be looked at; less than any count, so that the largest of four needs no test for it."""

SHIFT = 2
"""A code of 16 bits is the count and two: files mark pixels without data by -1 and -2, and these are less than all
counts, as NOTHING is, whose code is that of -2."""
LARGE_CODE = 65534
"""A trusted count that is too large for 16 bits; and LARGE_CODE + 1, one that is beyond the trusted range."""


@kernel
def encode_row(counts, high, codes):
    """The number of counts that have no code of their own; -1 where one is less than -2 and not NOTHING.

    counts: (n,) int32. out: codes (n,) uint16. high: the largest count to be trusted.
    """
    large, low = 0, 0
    for i in range(counts.size):
        count = counts[i]
        count = np.int32(-SHIFT) if count == NOTHING else count
        code = count + np.int32(SHIFT)
        code = np.int32(LARGE_CODE) if count >= LARGE_CODE - SHIFT else code
        code = np.int32(LARGE_CODE + 1) if count >= LARGE_CODE - SHIFT and count > high else code
        large += np.int32(code >= LARGE_CODE)
        low += np.int32(count < -SHIFT)
        codes[i] = np.uint16(code)
    return -1 if low > 0 else large


@kernel
def encode(counts, high, codes):
    """As :func:`encode_row`, of a panel: counts (ny, nx) int32, out: codes (ny, nx) uint16."""
    large = 0
    for y in range(counts.shape[0]):
        found = encode_row(counts[y], high, codes[y])
        if found < 0:
            return -1
        large += found
    return large


@kernel
def halve_usable(pixels, usable, none, row, out):
    """Fills ``out`` with the largest of each 2 x 2 ``pixels`` where ``usable`` (bool) is true, else ``none``.

    pixels: (ny, nx) codes or counts, ``none`` one that is less than all of them. row: (nx + 1,) memory of their kind.
    out: of half the sides, rounded up.
    """
    ny, nx = pixels.shape
    row[nx] = none
    for y in range(out.shape[0]):
        upper, lower = pixels[2 * y], pixels[min(2 * y + 1, ny - 1)]
        upper_used, lower_used = usable[2 * y], usable[min(2 * y + 1, ny - 1)]
        for x in range(nx):
            a = upper[x] if upper_used[x] else none
            b = lower[x] if lower_used[x] else none
            row[x] = max(a, b)
        line = out[y]
        for x in range(line.size):
            line[x] = max(row[2 * x], row[2 * x + 1])


@kernel
def halve(pixels, none, row, out):
    """As :func:`halve_usable`, all of them usable."""
    ny, nx = pixels.shape
    row[nx] = none
    for y in range(out.shape[0]):
        upper, lower = pixels[2 * y], pixels[min(2 * y + 1, ny - 1)]
        for x in range(nx):
            row[x] = max(upper[x], lower[x])
        line = out[y]
        for x in range(line.size):
            line[x] = max(row[2 * x], row[2 * x + 1])


@kernel
def gather_count(total, pixels, usable, limits, adds):
    """``total`` (n,) int32 with one more image in it: the sum, or else the largest.

    pixels: (n,) int32, usable: (n,) bool. A pixel that is below ``limits`` (low, high) on one image, or not usable, is
    NOTHING for good; one above stays the largest number there is.
    """
    low, high = limits
    most = np.int64(2**31 - 1)
    for i in range(total.size):
        value = np.int64(pixels[i])
        if total[i] == NOTHING or value < low or not usable[i]:
            total[i] = NOTHING
        elif adds:
            total[i] = most if value > high or total[i] == most else min(total[i] + value, most)
        else:
            total[i] = max(np.int64(total[i]), value)
