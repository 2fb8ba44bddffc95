"""Which pixels are strong: dispersion and extended dispersion tests, from running sums that are exact."""

import numpy as np

from gnomon.kernels.jit import kernel

CLIP = 1 << 23
"""Counts above this enter the sums as this, so that sums of squares over a window stay exact in a double."""

BLOCK = 64
"""Pixels that are passed over at once, on vector registers, where none is wanted."""

BACKGROUND, SIGNAL, INVALID, CORE = 0, 1, 2, 3
"""States of a pixel."""


@kernel
def _sum_along(columns, k, out):
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
def _enter_row(row, used, low, high, counts, mark, total, square):
    """Lets a row of pixels into the sums over the window's columns in place of the one that ``counts`` holds.

    out: counts (clipped, 0 if not valid), mark (BACKGROUND or INVALID), total and square (changed by the difference).
    """
    for i in range(len(row)):
        old = counts[i]
        valid = used[i] & (row[i] >= low) & (row[i] <= high)
        new = min(max(row[i], -CLIP), CLIP) * np.int32(valid)
        total[i] += new - old
        square[i] += np.float64(new) * np.float64(new) - np.float64(old) * np.float64(old)
        counts[i] = new
        mark[i] = np.uint8(INVALID) * (np.uint8(1) - np.uint8(valid))


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
    """Adds (sign 1) or takes away (-1) a row's pixels that are not INVALID."""
    for i in range(len(count)):
        count[i] += np.int16(sign) * np.int16((mark[i] >> 1) ^ 1)  # BACKGROUND and SIGNAL differ in the last bit only


@kernel
def mark_signal(
    image, mask, low, high, kx, ky, min_local, gain, sigma_background, state, ring, number, sums, squares, marked
):
    """Counts, row by row, the valid pixels whose neighbourhood is more dispersed than a Poisson background.

    A pixel is SIGNAL where variance / (gain mean) > 1 + sigma_background sqrt(2 / (n - 1)) over the n valid
    pixels of the window (2 kx + 1, 2 ky + 1) about it, cut at the image's edges. In whole numbers, with
    e = n sum(x^2) - sum(x)^2 - gain sum(x) (n - 1): e > 0 and e^2 > (sigma_background gain sum(x))^2 2 (n - 1).

    image: (ny, nx) int32; mask: (ny, nx) bool, true = use; low, high: trusted counts, both included.
    out: state (ny, nx) uint8; marked (ny,) int64 SIGNAL pixels in each row.
    scratch: ring (2 ky + 1, nx) int32, and (2, nx + 2 kx) of number int16, sums int32, squares float64: first over
    the columns of the window, then over all of it. Loops over a row are short so that each runs on vector registers.
    """
    ny, nx = image.shape
    depth = 2 * ky + 1
    ring[:] = 0
    number[:] = 0
    sums[:] = 0
    squares[:] = 0.0
    count, total, square = number[0, kx : kx + nx], sums[0, kx : kx + nx], squares[0, kx : kx + nx]
    n, x, y = number[1, :nx], sums[1, :nx], squares[1, :nx]
    for j in range(-ky, ny):
        e = j + ky  # the row that enters the window takes the place of the one that leaves it
        if e < ny:
            _enter_row(image[e], mask[e], low, high, ring[e % depth], state[e], total, square)
            _count_valid(state[e], 1, count)
        else:
            _leave_row(ring[e % depth], total, square)
        if e >= depth:
            _count_valid(state[e - depth], -1, count)
        if j < 0:
            continue
        _sum_along(number[0], kx, n)
        _sum_along(sums[0], kx, x)
        _sum_along(squares[0], kx, y)
        mark = state[j]
        found = 0
        for i in range(nx):
            m = np.float64(n[i])
            t = np.float64(x[i])
            excess = m * y[i] - t * t - gain * t * (m - 1.0)
            limit = sigma_background * gain * t
            hit = (mark[i] == BACKGROUND) & (n[i] >= min_local) & (excess > 0.0)
            hit &= excess * excess > limit * limit * (2.0 * (m - 1.0))
            mark[i] |= np.uint8(hit)
            found += np.int64(hit)
        marked[j] = found


@kernel
def mark_cores(state, marked, reach_x, reach_y, rows):
    """Turns into CORE the pixels whose neighbours within reach_x and reach_y are all SIGNAL (a Chebyshev erosion).

    What lies outside the image does not count against a pixel.
    state: (ny, nx) uint8, changed in place, and marked: (ny,) SIGNAL pixels in each row, then CORE ones.
    scratch: rows (2 reach_y + 2, nx) uint8.
    """
    ny, nx = state.shape
    depth = 2 * reach_y + 1
    rows[:] = 1
    inside = rows[depth]
    for j in range(-reach_y, ny):
        e = j + reach_y
        eroded = rows[e % depth]  # along the row only, of the row that enters
        eroded[:] = 1 if e >= ny or marked[e] > 0 else 0
        if e < ny and marked[e] > 0:
            for k in range(-reach_x, reach_x + 1):
                into, source = eroded[max(-k, 0) : nx - max(k, 0)], state[e, max(k, 0) : nx - max(-k, 0)]
                for i in range(len(into)):
                    into[i] &= np.uint8(source[i] == SIGNAL)
        if j < 0 or marked[j] == 0:
            continue
        inside[:] = 1
        for r in range(depth):
            row = rows[r]
            for i in range(nx):
                inside[i] &= row[i]
        mark = state[j]
        found = 0
        for i in range(nx):
            mark[i] |= inside[i] * np.uint8(CORE)
            found += inside[i]
        marked[j] = found


@kernel
def _add_background(row, mark, sign, count, total):
    """Adds (sign 1) or takes away (-1) a row's pixels that are neither INVALID nor CORE."""
    for i in range(len(row)):
        total[i] += np.int64(row[i]) * np.int64(sign * (1 - (mark[i] >> 1)))
    for i in range(len(row)):
        count[i] += np.int16(sign) * np.int16(1 - (mark[i] >> 1))


@kernel
def _has(marks, wanted):
    """Whether one of the marks is ``wanted``."""
    hits = np.uint8(0)
    for i in range(len(marks)):
        hits |= np.uint8(marks[i] == wanted)
    return hits > 0


@kernel
def select_strong(image, state, marked, wanted, kx, ky, gain, sigma_strong, threshold, number, sums, index, value):
    """The number of strong pixels: ``wanted`` ones that exceed threshold and, by sigma_strong, the mean around them.

    Strong is x > threshold and x >= mean + sigma_strong sqrt(gain mean), the mean over the pixels of the window
    (2 kx + 1, 2 ky + 1) that are neither INVALID nor CORE; where there are none, the mean is taken as zero.

    image: (ny, nx) int32; state: (ny, nx) uint8; marked: (ny,), zero in rows without wanted pixels; wanted: a state.
    out: index (m,) int32 into the flat image, ascending, and value (m,) int32, m >= wanted pixels.
    scratch: number (2, nx + 2 kx + BLOCK) int16 and sums (the same) int64: over the columns of the window, then over
    a block of them.
    """
    ny, nx = image.shape
    number[:] = 0
    sums[:] = 0
    count, total, below, upto = number[0, kx : kx + nx], sums[0, kx : kx + nx], number[1], sums[1]
    found = 0
    for j in range(-ky, ny):
        if j + ky < ny:
            _add_background(image[j + ky], state[j + ky], 1, count, total)
        if j > ky:
            _add_background(image[j - ky - 1], state[j - ky - 1], -1, count, total)
        if j < 0 or marked[j] == 0:
            continue
        for start in range(0, nx, BLOCK):
            pixels, marks = image[j, start : start + BLOCK], state[j, start : start + BLOCK]
            if not _has(marks, wanted):
                continue
            for i in range(len(marks) + 2 * kx):  # sums of all columns of the block before column i
                below[i + 1] = below[i] + number[0, start + i]
                upto[i + 1] = upto[i] + sums[0, start + i]
            for i in range(len(marks)):
                if marks[i] != wanted:
                    continue
                n, x = below[i + 2 * kx + 1] - below[i], upto[i + 2 * kx + 1] - upto[i]
                mean = max(x / n, 0.0) if n > 0 else 0.0
                if pixels[i] > threshold and pixels[i] >= mean + sigma_strong * np.sqrt(gain * mean):
                    index[found] = j * nx + start + i
                    value[found] = pixels[i]
                    found += 1
    return found


@kernel
def find_strong(
    image, mask, low, high, kx, ky, min_local, gain, sigma_background, sigma_strong, threshold, enlarged,
    state, marked, ring, rows, number, sums, squares, totals, index, value,
):  # fmt: skip
    """The number of strong pixels of one image: by extended dispersion, the mean taken over a window that is
    ``enlarged`` pixels wider than the test's, or, where enlarged is 0, by dispersion. Winter et al. (2018).

    One kernel, so that one is loaded and called. Arguments as of :func:`mark_signal`, :func:`mark_cores` and
    :func:`select_strong`, whose scratch is totals (2, nx + 2 (kx + enlarged) + BLOCK) int64 and ``number`` so long.
    """
    mark_signal(
        image, mask, low, high, kx, ky, min_local, gain, sigma_background, state, ring, number, sums, squares, marked
    )
    wanted = SIGNAL
    if enlarged > 0:
        mark_cores(state, marked, kx - 1, ky - 1, rows)
        wanted = CORE
    return select_strong(
        image, state, marked, wanted, kx + enlarged, ky + enlarged, gain, sigma_strong, threshold, number, totals,
        index, value,
    )  # fmt: skip
