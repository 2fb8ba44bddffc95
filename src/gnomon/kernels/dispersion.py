"""Which pixels have neighbours more dispersed than a Poisson background: any counts, by exact running sums."""

import numpy as np

from gnomon.kernels.jit import kernel

CLIP = 1 << 23
"""Counts above this enter the sums as this, so that sums of squares over a window stay exact in a double."""

TOGETHER = 8
"""Pixels whose flags are looked at as one word: few are set."""


@kernel
def sum_along(columns, k, out):
    """Sums of 2 k + 1 neighbours: out[i] = columns[i] + ... + columns[i + 2 k]."""
    n = len(out)
    if k == 3:  # the window everybody takes, in one pass; views, since an index i + u would keep off vector registers
        a, b, c, d = columns[:n], columns[1 : n + 1], columns[2 : n + 2], columns[3 : n + 3]
        e, f, g = columns[4 : n + 4], columns[5 : n + 5], columns[6 : n + 6]
        for i in range(n):
            out[i] = (a[i] + b[i]) + (c[i] + d[i]) + (e[i] + f[i]) + g[i]
        return
    for i in range(n):  # out[:n] = columns[:n] takes 3 s to compile, for the text of an error that cannot happen
        out[i] = columns[i]
    for u in range(1, 2 * k, 2):
        left, right = columns[u : u + n], columns[u + 1 : u + 1 + n]
        for i in range(n):
            out[i] += left[i] + right[i]


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
def _enter_row(row, used, low, high, counts, mark, total, square):
    """Lets a row of pixels into the sums over the window's columns in place of the one that ``counts`` holds.

    out: counts (clipped, 0 if not valid), mark (1 where valid), total and square (changed by the difference).
    """
    for i in range(len(row)):
        old = counts[i]
        valid = used[i] & (row[i] >= low) & (row[i] <= high)
        new = min(max(row[i], -CLIP), CLIP) * np.int32(valid)
        total[i] += new - old
        square[i] += np.float64(new) * np.float64(new) - np.float64(old) * np.float64(old)
        counts[i] = new
        mark[i] = np.uint8(valid)


@kernel
def _leave_row(counts, total, square):
    """Takes the row that ``counts`` holds out of the sums, and leaves zeros."""
    for i in range(len(counts)):
        old = counts[i]
        total[i] -= old
        square[i] -= np.float64(old) * np.float64(old)
        counts[i] = 0


@kernel
def _count_valid(mark, sign, count):
    """Adds (sign 1) or takes away (-1) a row's valid pixels."""
    for i in range(len(count)):
        count[i] += np.int16(sign) * np.int16(mark[i])


@kernel
def find_dispersed(
    image, mask, low, high, kx, ky, min_local, gain, sigma_background,
    ring, marks, number, sums, squares, flags, words, index,
):  # fmt: skip
    """The number of valid pixels whose neighbours are more dispersed than a Poisson background.

    The neighbours are the valid pixels, ``min_local`` at least, of the window (2 kx + 1, 2 ky + 1) about a pixel, cut
    at the image's edges; :func:`is_dispersed` tells.

    image: (ny, nx) int32; mask: (ny, nx) bool, true = use; low, high: trusted counts, both included.
    out: index (ny nx,) int32 into the flat image, ascending.
    scratch: ring (2 ky + 1, nx) int32, marks (the same) uint8, flags (8 m,) uint8, all 0, and words, the same memory
    as (m,) uint64, m >= nx / 8; and (2, nx + 2 kx) of number int16, sums int32, squares float64: first over the
    columns of the window, then over all of it. Loops over a row are short so that each runs on vector registers.
    """
    ny, nx = image.shape
    depth = 2 * ky + 1
    ring[:] = 0
    marks[:] = 0
    number[:] = 0
    sums[:] = 0
    squares[:] = 0.0
    count, total, square = number[0, kx : kx + nx], sums[0, kx : kx + nx], squares[0, kx : kx + nx]
    n, x, y = number[1, :nx], sums[1, :nx], squares[1, :nx]
    found = 0
    for j in range(-ky, ny):
        e = j + ky  # the row that enters the window takes the place of the one that leaves it
        mark = marks[e % depth]
        _count_valid(mark, -1, count)
        if e < ny:
            _enter_row(image[e], mask[e], low, high, ring[e % depth], mark, total, square)
            _count_valid(mark, 1, count)
        else:
            _leave_row(ring[e % depth], total, square)
            mark[:] = 0
        if j < 0:
            continue
        sum_along(number[0], kx, n)
        sum_along(sums[0], kx, x)
        sum_along(squares[0], kx, y)
        mark = marks[j % depth]
        for i in range(nx):
            hit = (mark[i] > 0) & (n[i] >= min_local) & is_dispersed(n[i], x[i], y[i], gain, sigma_background)
            flags[i] = np.uint8(hit)
        for word in range(len(words)):
            if words[word] == 0:
                continue
            for i in range(TOGETHER * word, TOGETHER * word + TOGETHER):
                if flags[i] > 0:
                    index[found] = j * nx + i
                    found += 1
    return found
