"""Where in a row pixels may have neighbours more dispersed than a Poisson background: cheap, and never too few.

Nearly all of an image is background. These tests only rule pixels out, and run on vector registers; what they leave,
some in a hundred, is tested exactly by :mod:`gnomon.kernels.dispersion`.
"""

import numpy as np

from gnomon.kernels.dispersion import CLIP, is_dispersed
from gnomon.kernels.jit import kernel

BITS = 13
"""Of the 32 of a sum, those that hold the sum of counts; the others hold that of their squares."""

COUNTS = (1 << BITS) - 1
"""The mask of these bits."""


def low_limits(n: int, gain: float, sigma_background: float) -> tuple[int, int, int] | None:
    """(clip, excess, most) for :func:`may_be_dispersed_low`; None where few backgrounds would be ruled out.

    Let T and Q be the sums, over a window of n pixels, of counts (zero and more) and of their squares, a count above
    ``clip`` taken as ``clip`` and one that is not valid as zero. A pixel may be dispersed only where
    n Q > T (T + excess), or T > most. Why:

    - By the exact test m valid pixels are dispersed where F(m) = m Q - T^2 - g T (m - 1) - s g T sqrt(2 (m - 1)) > 0.
      F is convex and F(1) = Q - T^2 <= 0, so that F(m) > 0 for an m <= n means F(n) > 0. With
      c = g (n - 1) + s g sqrt(2 (n - 1)) this is n Q > T (T + c); ``excess`` is c as a whole number, not above it.
    - That is for true counts. A window with a count above clip has, with the others' clipped mean b,
      n Q - T (T + c) >= (n - 1) (clip - b)^2 - c (clip + (n - 1) b), by Cauchy and Schwarz. This falls with b
      and is zero at ``mean``, thus not below zero where T <= clip + (n - 1) mean: such a window is not ruled out.
    - T fits its 13 bits and Q its 19, and n Q and T (T + excess) fit 31.
    """
    c = gain * (n - 1) + sigma_background * gain * np.sqrt(2 * (n - 1))
    clip = min(COUNTS // n, int(np.sqrt((2 ** (32 - BITS) - 1) / n)))
    mean = clip + c / 2 - np.sqrt(c * clip * n / (n - 1) + c * c / 4)
    if mean < 5:
        return None
    return clip, int(c * (1 - 1e-6)), int(clip + (n - 1) * mean) - 1  # a millionth is more than doubles err by


@kernel
def sum_along(columns, k, out):
    """Sums of 2 k + 1 neighbours: out[i] = columns[i] + ... + columns[i + 2 k]."""
    n = len(out)
    for i in range(n):  # out[:n] = columns[:n] takes 3 s to compile, for the text of an error that cannot happen
        out[i] = columns[i]
    for u in range(1, 2 * k, 2):
        left, right = columns[u : u + n], columns[u + 1 : u + 1 + n]
        for i in range(n):
            out[i] += left[i] + right[i]


@kernel
def all_along(flags, k, out):
    """Whether 2 k + 1 neighbours are all set: out[i] = flags[i] & ... & flags[i + 2 k]."""
    n = len(out)
    for i in range(n):
        out[i] = flags[i]
    for u in range(1, 2 * k + 1):
        others = flags[u : u + n]
        for i in range(n):
            out[i] &= others[i]


@kernel
def _packed(count, used, low, high, clip):
    """A pixel's share of T, in the low BITS, and of Q, above them: 0 where it is not valid."""
    valid = np.int32(used & (count >= low) & (count <= high))
    clipped = np.int32(min(count, clip) * valid)
    return np.uint32(np.int32(clipped * np.int32((clipped << BITS) | 1)))


@kernel
def _sum_seven_low(image, mask, low, high, clip, sums):
    """Sums over the columns of seven rows, in one pass: those of the window everybody takes."""
    a, b, c, d, e, f, g = image[0], image[1], image[2], image[3], image[4], image[5], image[6]
    ua, ub, uc, ud, ue, uf, ug = mask[0], mask[1], mask[2], mask[3], mask[4], mask[5], mask[6]
    for i in range(len(sums)):  # each value in a type of its own: what widens to 64 bits halves the lanes
        ab = np.uint32(_packed(a[i], ua[i], low, high, clip) + _packed(b[i], ub[i], low, high, clip))
        cd = np.uint32(_packed(c[i], uc[i], low, high, clip) + _packed(d[i], ud[i], low, high, clip))
        ef = np.uint32(_packed(e[i], ue[i], low, high, clip) + _packed(f[i], uf[i], low, high, clip))
        sums[i] = np.uint32(np.uint32(ab + cd) + np.uint32(ef + _packed(g[i], ug[i], low, high, clip)))


@kernel
def _sum_rows_low(image, mask, low, high, clip, sums):
    """Sums over the columns of some rows."""
    if len(image) == 7:
        _sum_seven_low(image, mask, low, high, clip, sums)
        return
    for i in range(len(sums)):
        sums[i] = 0
    for row, used in zip(image, mask):
        for i in range(len(sums)):
            sums[i] = np.uint32(sums[i] + _packed(row[i], used[i], low, high, clip))


@kernel
def may_be_dispersed_low(frame, window, limits, y, columns, sums, flags):
    """Sets flags (nx,) uint8: 0 where a pixel of row y is not dispersed, if the image holds low counts; else 1.

    limits: of :func:`low_limits`. scratch, uint32: columns (nx + 2 kx,), zero outside the image, and sums (nx,).
    """
    kx, ky = window.kx, window.ky
    clip, excess, most = limits
    rows = slice(max(y - ky, 0), y + ky + 1)
    inside = columns[kx : kx + len(flags)]
    _sum_rows_low(frame.image[rows], frame.mask[rows], frame.low, frame.high, clip, inside)
    sum_along(columns, kx, sums)
    n = np.int32((2 * kx + 1) * (2 * ky + 1))
    for i in range(len(flags)):
        total, square = np.int32(sums[i] & COUNTS), np.int32(sums[i] >> BITS)
        flags[i] = (np.int32(n * square) > np.int32(total * np.int32(total + excess))) | (total > most)


@kernel
def _add_row(row, used, low, high, sign, number, total, square):
    """Adds a row to the sums over columns (sign 1), or takes it away (-1)."""
    for i in range(len(row)):
        valid = np.int32(sign * np.int32(used[i] & (row[i] >= low) & (row[i] <= high)))
        count = min(max(row[i], -CLIP), CLIP)
        number[i] += np.float64(valid)
        total[i] += np.float64(valid * count)
        square[i] += np.float64(valid * count) * np.float64(count)


@kernel
def may_be_dispersed(frame, window, before, y, columns, sums, flags):
    """Sets flags (nx,) uint8: 0 where a pixel of row y is not dispersed, whatever the counts; else 1.

    before: the row of the call before, less than y; -1 if this is an image's first.
    scratch, float64: columns (3, nx + 2 kx), zero outside the image, kept for the next call; and sums (3, nx).
    """
    kx, ky, ny = window.kx, window.ky, len(frame.image)
    if before < 0:
        columns[:] = 0.0
        before = -ky - 1  # no row of its window is in the image
    inside = slice(kx, kx + len(flags))
    number, total, square = columns[0, inside], columns[1, inside], columns[2, inside]
    for e in range(max(before - ky, 0), y - ky):
        _add_row(frame.image[e], frame.mask[e], frame.low, frame.high, np.int32(-1), number, total, square)
    for e in range(max(before + ky + 1, 0), min(y + ky + 1, ny)):
        _add_row(frame.image[e], frame.mask[e], frame.low, frame.high, np.int32(1), number, total, square)
    for k in range(3):
        sum_along(columns[k], kx, sums[k])
    number, total, square = sums[0], sums[1], sums[2]
    for i in range(len(flags)):
        flags[i] = is_dispersed(number[i], total[i], square[i], window.gain, window.sigma_background)
