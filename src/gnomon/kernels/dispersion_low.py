"""Which pixels have neighbours more dispersed than a Poisson background: low counts, three sums in 48 bits.

Nearly all of an image is background. A test that only rules pixels out is done for all of them, 16 at a time on vector
registers; what it leaves, some in a hundred, is tested exactly, one by one. A third to a half of the time of
:func:`gnomon.kernels.dispersion.find_dispersed`, with the same result.
"""

import numpy as np

from gnomon.kernels.dispersion import CLIP, TOGETHER, is_dispersed, sum_along
from gnomon.kernels.jit import kernel

BITS = 13
"""Of the 32 of a sum, those that hold the sum of counts; the others hold that of their squares."""

COUNTS = (1 << BITS) - 1
"""The mask of these bits."""

CLIPPED = 256
"""What a clipped pixel adds to the number of valid pixels in a window, which is less."""


def low_limits(n: int, gain: float, sigma_background: float) -> tuple[int, int, int] | None:
    """(clip, excess, most) for :func:`find_dispersed_low`; None where they would not rule out the usual background.

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

    Where m valid pixels are dispersed with clipped counts and 2 T + c < 2 m clip, they are with the true ones: F(m) is
    convex in the counts, and rises from the clipped ones towards the true ones by 2 m clip - 2 T - c a count at first.
    """
    c = gain * (n - 1) + sigma_background * gain * np.sqrt(2 * (n - 1))
    clip = min(COUNTS // n, int(np.sqrt((2 ** (32 - BITS) - 1) / n)))
    mean = clip + c / 2 - np.sqrt(c * clip * n / (n - 1) + c * c / 4)
    if n >= CLIPPED or mean < 5:
        return None
    return clip, int(c * (1 - 1e-6)), int(clip + (n - 1) * mean) - 1  # a millionth is more than doubles err by


@kernel
def _enter_row(row, used, low, high, clip, ring, sums, numbers):
    """Lets a row of pixels into the sums over the window's columns in place of the one that ``ring`` holds.

    No branches: with two ways to store into ring, LLVM 22 put loads of what was there behind them.
    """
    for i in range(len(row)):  # each value in a type of its own: what widens to 64 bits halves the lanes
        valid = np.int32(used[i] & (row[i] >= low) & (row[i] <= high))
        new = np.int32(min(row[i], clip) * valid)
        held = np.int32(ring[i])
        old = np.int32(held - np.int32(held > 0))
        ring[i] = new + valid
        sums[i] += np.uint32(new - old) + np.uint32(np.int32((new + old) * np.int32(new - old)) << BITS)
        numbers[i] += np.int16(valid) - np.int16(held > 0)
        numbers[i] += np.int16(CLIPPED) * np.int16(np.int16(new == clip) - np.int16(held > clip))


@kernel
def _flag(sums, n, excess, most, flags):
    """Fills flags: 1 where the sums over a window do not rule its pixel out, else 0."""
    for i in range(len(sums)):
        total, square = np.int32(sums[i] & COUNTS), np.int32(sums[i] >> BITS)
        flags[i] = (np.int32(n * square) > np.int32(total * np.int32(total + excess))) | (total > most)


@kernel
def _sums_about(image, mask, low, high, kx, ky, j, i):
    """The number of valid pixels in the window about one, the sum of their counts, clipped at CLIP, and of squares."""
    ny, nx = image.shape
    number, total, square = 0, 0, 0
    for y in range(max(j - ky, 0), min(j + ky + 1, ny)):
        for x in range(max(i - kx, 0), min(i + kx + 1, nx)):
            if mask[y, x] and low <= image[y, x] <= high:
                count = np.int64(min(image[y, x], CLIP))
                number += 1
                total += count
                square += count * count
    return number, total, square


@kernel
def find_dispersed_low(
    image, mask, low, high, kx, ky, min_local, gain, sigma_background, clip, excess, most,
    ring, columns, numbers, sums, flags, words, index,
):  # fmt: skip
    """The number of dispersed pixels as of :func:`find_dispersed`, or -1 where too many counts are high to be fast.

    Arguments and results as there; low >= 0. clip, excess, most: of :func:`low_limits` for a whole window.
    scratch: ring (2 ky + 1, nx) uint8, each count plus 1, or 0 where not valid; over a window's columns, columns
    (nx + 2 kx,) uint32 and numbers (the same) int16; over all of it, sums (nx,) uint32; flags and words as there.
    """
    ny, nx = image.shape
    depth = 2 * ky + 1
    n = np.int32(depth * (2 * kx + 1))
    ring[:] = 0
    columns[:] = 0
    numbers[:] = 0
    found, patience = 0, image.size // 8
    for j in range(-ky, ny):
        e = j + ky
        row, highest = (
            (image[e], high) if e < ny else (image[0], np.int32(low - 1))
        )  # below the image, not one is valid
        _enter_row(row, mask[min(e, ny - 1)], low, highest, clip, ring[e % depth], columns[kx:], numbers[kx:])
        if j < 0:
            continue
        sum_along(columns, kx, sums)
        _flag(sums, n, excess, most, flags)
        for word in range(len(words)):
            if words[word] == 0:
                continue
            for i in range(TOGETHER * word, TOGETHER * word + TOGETHER):
                if flags[i] == 0 or not (mask[j, i] and low <= image[j, i] <= high):
                    continue
                number = np.int64(0)
                for u in range(i, i + 2 * kx + 1):
                    number += np.int64(numbers[u])
                total, square = np.int64(sums[i] & COUNTS), np.int64(sums[i] >> BITS)
                patience -= 1
                hit = is_dispersed(number & (CLIPPED - 1), total, square, gain, sigma_background)
                if number >= CLIPPED:
                    number &= CLIPPED - 1
                    if not (hit and 2 * total + excess + 2 < 2 * clip * number):
                        number, total, square = _sums_about(image, mask, low, high, kx, ky, j, i)
                        hit = is_dispersed(number, total, square, gain, sigma_background)
                        patience -= 7
                if hit and number >= min_local:
                    index[found] = j * nx + i
                    found += 1
        if patience < 0:
            return -1
    return found
