"""Which pixels have neighbours more dispersed than a Poisson background: exactly, in a box of an image."""

from typing import NamedTuple

import numpy as np

from gnomon.kernels.jit import kernel

CLIP = 1 << 23
"""Counts above this enter the sums as this, so that sums of squares over a window stay exact in a double."""

NUMBER_BITS = 16
"""Of the 64 of a sum of counts, those that hold how many were added; a window is of fewer."""

CORE = 1
"""State of a pixel that is dispersed, as are all of its neighbours within reach."""


class Frame(NamedTuple):
    """An image (ny, nx) int32, the pixels to use (ny, nx) bool, and the trusted counts, both included, int32."""

    image: np.ndarray
    mask: np.ndarray
    low: np.int32
    high: np.int32


class Window(NamedTuple):
    """What is tested about a pixel: the valid pixels, ``min_local`` at least, of (2 kx + 1, 2 ky + 1) pixels.

    A core is dispersed with all pixels within ``reach_x`` and ``reach_y``; those outside the image do not count.
    """

    kx: int
    ky: int
    reach_x: int
    reach_y: int
    min_local: int
    gain: float
    sigma_background: float


@kernel
def is_dispersed(n, total, square, gain, sigma_background):
    """Whether n pixels, with these sums of counts and of squares, are more dispersed than a Poisson background.

    variance / (gain mean) > 1 + sigma_background sqrt(2 / (n - 1)). In whole numbers, with
    e = n square - total^2 - gain total (n - 1): e > 0 and e^2 > (sigma_background gain total)^2 2 (n - 1).
    """
    m, t = np.float64(n), np.float64(total)
    excess = m * np.float64(square) - t * t - gain * t * (m - 1.0)
    limit = sigma_background * gain * t
    return (excess > 0.0) & (excess * excess > limit * limit * (2.0 * (m - 1.0)))


@kernel
def box_sum(above, below, left, right):
    """The sum over columns left to right (half-open) between two rows of a summed-area table."""
    return below[right] - below[left] - above[right] + above[left]


@kernel
def clear_edges(rows, columns, table):
    """Zeros the first row and the first column of a summed-area table."""
    for i in range(columns + 1):
        table[0, i] = 0
    for j in range(rows + 1):
        table[j, 0] = 0


@kernel
def _sum_counts(frame, top, bottom, left, right, total, square):
    """Summed-area tables of a box's valid pixels (Crow 1984, SIGGRAPH 18, 207).

    out: total (n, m) int64, in its low NUMBER_BITS their number and above these their counts; square, counts squared.
    """
    clear_edges(bottom - top, right - left, total)
    clear_edges(bottom - top, right - left, square)
    for j in range(bottom - top):
        row, used = frame.image[top + j, left:right], frame.mask[top + j, left:right]
        total_above, total_here = total[j, 1:], total[j + 1, 1:]
        square_above, square_here = square[j, 1:], square[j + 1, 1:]
        t = q = np.int64(0)
        for i in range(right - left):
            if used[i] & (row[i] >= frame.low) & (row[i] <= frame.high):
                count = np.int64(min(max(row[i], -CLIP), CLIP))
                t += (count << NUMBER_BITS) + 1
                q += count * count
            total_here[i] = total_above[i] + t
            square_here[i] = square_above[i] + q


@kernel
def mark_cores(frame, window, top, bottom, left, right, total, square, depth, states):
    """Makes CORE the cores of a box. out: states (m, nx) uint8, those of row y in row y % m.

    scratch: total and square (n, k) int64, depth (w,) int32, for rows n > bottom - top + 2 (reach_y + ky), columns
    k > right - left + 2 (reach_x + kx), and w >= right - left.
    """
    ny, nx = frame.image.shape
    kx, ky, rx, ry = window.kx, window.ky, window.reach_x, window.reach_y
    y0, x0 = max(top - ry - ky, 0), max(left - rx - kx, 0)
    _sum_counts(frame, y0, min(bottom + ry + ky, ny), x0, min(right + rx + kx, nx), total, square)
    for i in range(right - left):
        depth[i] = max(ry - top, 0)  # rows above the image
    for y in range(max(top - ry, 0), bottom + ry):
        above, below = max(y - ky, 0) - y0, min(y + ky + 1, ny) - y0
        run = max(rx - left, 0)  # columns before the image
        for x in range(max(left - rx, 0), right + rx):
            hit = True
            if y < ny and x < nx:
                first, last = max(x - kx, 0) - x0, min(x + kx + 1, nx) - x0
                t = box_sum(total[above], total[below], first, last)
                q = box_sum(square[above], square[below], first, last)
                n = t & ((1 << NUMBER_BITS) - 1)
                count = frame.image[y, x]
                hit = frame.mask[y, x] & (frame.low <= count) & (count <= frame.high) & (n >= window.min_local)
                hit &= is_dispersed(n, t >> NUMBER_BITS, q, window.gain, window.sigma_background)
            run = run + 1 if hit else 0
            i = x - rx - left
            if i >= 0:
                depth[i] = depth[i] + 1 if run > 2 * rx else 0
                if depth[i] > 2 * ry:
                    states[(y - ry) % len(states), x - rx] = CORE
