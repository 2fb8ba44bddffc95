"""Which pixels are strong: dispersion and extended dispersion tests, from running sums that are exact."""

import numpy as np

from gnomon.kernels.jit import kernel

CLIP = 1 << 23
"""Counts above this enter the sums as this, so that sums of squares over a window stay exact in a double."""

BLOCK = 32
"""Pixels that are passed over at once, on vector registers, where none is wanted."""

BACKGROUND, SIGNAL, INVALID, CORE = 0, 1, 2, 3
"""States of a pixel."""


@kernel
def _read_row(row, used, low, high, valid, counts, mark):
    """Fills, for a row of pixels: valid (0 or 1), counts (clipped, 0 if not valid), mark (BACKGROUND or INVALID)."""
    for i in range(len(row)):
        valid[i] = np.int32(used[i] & (row[i] >= low) & (row[i] <= high))
    for i in range(len(row)):
        counts[i] = min(max(row[i], -CLIP), CLIP) * valid[i]
    for i in range(len(row)):
        mark[i] = INVALID * (1 - valid[i])


@kernel
def _sum_along(columns, k, out):
    """Sums of 2 k + 1 neighbours: out[i] = columns[i] + ... + columns[i + 2 k]."""
    n = len(columns) - 2 * k
    for i in range(n):  # out[:n] = columns[:n] takes 3 s to compile, for the text of an error that cannot happen
        out[i] = columns[i]
    for u in range(1, 2 * k, 2):  # views, since an index u + i would keep the loop off vector registers
        left, right = columns[u : u + n], columns[u + 1 : u + 1 + n]
        for i in range(n):
            out[i] += left[i] + right[i]


@kernel
def mark_signal(image, mask, low, high, kx, ky, min_local, gain, sigma_background, state, ring, sums, squares, marked):
    """Counts, row by row, the valid pixels whose neighbourhood is more dispersed than a Poisson background.

    A pixel is SIGNAL where variance / (gain mean) > 1 + sigma_background sqrt(2 / (n - 1)) over the n valid
    pixels of the window (2 kx + 1, 2 ky + 1) about it, cut at the image's edges. In whole numbers, with
    e = n sum(x^2) - sum(x)^2 - gain sum(x) (n - 1): e > 0 and e^2 > (sigma_background gain sum(x))^2 2 (n - 1).

    image: (ny, nx) int32; mask: (ny, nx) bool, true = use; low, high: trusted counts, both included.
    out: state (ny, nx) uint8; marked (ny,) int64 SIGNAL pixels in each row.
    scratch: ring (2 ky + 1, 2, nx) int32, sums (4, nx + 2 kx) int32, squares (2, nx + 2 kx) float64.
    The loops over a row are many and short so that each runs on vector registers.
    """
    ny, nx = image.shape
    ring[:] = 0
    sums[:] = 0
    squares[:] = 0.0
    count, total, square = sums[0, kx : kx + nx], sums[1, kx : kx + nx], squares[0, kx : kx + nx]
    n, x, y = sums[2], sums[3], squares[1]
    for j in range(-ky, ny):
        e = j + ky  # the row that enters the window takes the place of the one that leaves it
        valid, counts = ring[e % (2 * ky + 1), 0], ring[e % (2 * ky + 1), 1]
        for i in range(nx):
            count[i] -= valid[i]
        for i in range(nx):
            total[i] -= counts[i]
        for i in range(nx):
            square[i] -= np.float64(counts[i]) * np.float64(counts[i])
        if e < ny:
            _read_row(image[e], mask[e], low, high, valid, counts, state[e])
            for i in range(nx):
                count[i] += valid[i]
            for i in range(nx):
                total[i] += counts[i]
            for i in range(nx):
                square[i] += np.float64(counts[i]) * np.float64(counts[i])
        else:
            valid[:] = 0
            counts[:] = 0
        if j < 0:
            continue
        _sum_along(sums[0], kx, n)
        _sum_along(sums[1], kx, x)
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
def select_strong(image, state, marked, wanted, kx, ky, gain, sigma_strong, threshold, sums, index, value):
    """The number of strong pixels: ``wanted`` ones that exceed threshold and, by sigma_strong, the mean around them.

    Strong is x > threshold and x >= mean + sigma_strong sqrt(gain mean), the mean over the pixels of the window
    (2 kx + 1, 2 ky + 1) that are neither INVALID nor CORE; where there are none, the mean is taken as zero.

    image: (ny, nx) int32; state: (ny, nx) uint8; marked: (ny,), zero in rows without wanted pixels; wanted: a state.
    out: index (m,) int32 into the flat image, ascending, and value (m,) int32, m >= wanted pixels.
    scratch: sums (2, nx) int64.
    """
    ny, nx = image.shape
    count, total = sums[0], sums[1]
    found = 0
    for j in range(ny):
        mark, left, end = state[j], marked[j], 0  # columns below end are summed for this row
        i = 0
        while left > 0:
            if i % BLOCK == 0 and i + BLOCK <= nx:
                hits = np.uint8(0)
                for u in range(BLOCK):
                    hits += np.uint8(mark[i + u] == wanted)
                if hits == 0:
                    i += BLOCK
                    continue
            if mark[i] != wanted:
                i += 1
                continue
            left -= 1
            first, last = max(i - kx, 0), min(i + kx + 1, nx)
            if last > end:  # sum a stretch of columns at once
                fresh, end = max(first, end), min(last + kx, nx)
                count[fresh:end] = 0
                total[fresh:end] = 0
                for v in range(max(j - ky, 0), min(j + ky + 1, ny)):
                    pixels, marks, c, t = image[v, fresh:end], state[v, fresh:end], count[fresh:end], total[fresh:end]
                    for u in range(len(c)):
                        use = np.int64(marks[u] < INVALID)
                        c[u] += use
                        t[u] += pixels[u] * use
            n, x = 0, 0
            for u in range(first, last):
                n += count[u]
                x += total[u]
            mean = max(x / n, 0.0) if n > 0 else 0.0
            if image[j, i] > threshold and image[j, i] >= mean + sigma_strong * np.sqrt(gain * mean):
                index[found] = j * nx + i
                value[found] = image[j, i]
                found += 1
            i += 1
    return found
