"""Which pixels are strong: dispersion and extended dispersion tests, from running sums that are exact."""

import numpy as np

from gnomon.kernels.jit import kernel

CLIP = 1 << 23
"""Counts above this enter the sums as this, so that sums of squares over a window stay exact in a double."""

BACKGROUND, SIGNAL, INVALID, CORE = 0, 1, 2, 3
"""States of a pixel."""


@kernel
def mark_signal(image, mask, low, high, kx, ky, min_local, gain, sigma_background, state, sums, squares, marked):
    """Counts, row by row, the valid pixels whose neighbourhood is more dispersed than a Poisson background.

    A pixel is SIGNAL where variance / (gain mean) > 1 + sigma_background sqrt(2 / (n - 1)) over the n valid
    pixels of the window (2 kx + 1, 2 ky + 1) about it, cut at the image's edges. As whole numbers:
    n sum(x^2) - sum(x)^2 > gain sum(x) (n - 1 + sigma_background sqrt(2 (n - 1))).

    image: (ny, nx) int32; mask: (ny, nx) bool, true = use; low, high: trusted counts, both included.
    out: state (ny, nx) uint8; marked (ny,) int64 SIGNAL pixels in each row.
    scratch: sums (4, nx + 2 kx) int32 and squares (2, nx + 2 kx) float64.
    """
    ny, nx = image.shape
    sums[:] = 0
    squares[:] = 0.0
    count, total, square = sums[0], sums[1], squares[0]
    n, x, y = sums[2], sums[3], squares[1]
    for j in range(-ky, ny):
        if j + ky < ny:
            row, used, mark = image[j + ky], mask[j + ky], state[j + ky]
            for i in range(nx):
                v = row[i]
                ok = used[i] & (v >= low) & (v <= high)
                mark[i] = BACKGROUND if ok else INVALID
                v = min(max(v, -CLIP), CLIP) if ok else 0
                count[kx + i] += np.int32(ok)
                total[kx + i] += np.int32(v)
                square[kx + i] += np.float64(v) * np.float64(v)
        if j - ky - 1 >= 0:
            row, mark = image[j - ky - 1], state[j - ky - 1]
            for i in range(nx):
                ok = mark[i] != INVALID
                v = min(max(row[i], -CLIP), CLIP) if ok else 0
                count[kx + i] -= np.int32(ok)
                total[kx + i] -= np.int32(v)
                square[kx + i] -= np.float64(v) * np.float64(v)
        if j < 0:
            continue
        n[:nx] = 0
        x[:nx] = 0
        y[:nx] = 0.0
        for k in range(2 * kx + 1):
            for i in range(nx):
                n[i] += count[k + i]
                x[i] += total[k + i]
                y[i] += square[k + i]
        mark = state[j]
        found = 0
        for i in range(nx):
            m = np.float64(n[i])
            t = np.float64(x[i])
            free = max(m - 1.0, 0.0)
            excess = m * y[i] - t * t - gain * t * (free + sigma_background * np.sqrt(2.0 * free))
            hit = (mark[i] == BACKGROUND) & (n[i] >= min_local) & (excess > 0.0)
            mark[i] = SIGNAL if hit else mark[i]
            found += np.int64(hit)
        marked[j] = found


@kernel
def mark_cores(state, marked, reach_x, reach_y):
    """Turns into CORE the pixels whose neighbours within reach_x and reach_y are all SIGNAL (a Chebyshev erosion).

    state: (ny, nx) uint8, changed in place, and marked: (ny,) SIGNAL pixels in each row, then CORE ones.
    What lies outside the image does not count against a pixel.
    """
    ny, nx = state.shape
    for j in range(ny):
        if marked[j] == 0:
            continue
        marked[j] = 0
        for i in range(nx):
            if state[j, i] != SIGNAL:
                continue
            inside = True
            for v in range(max(j - reach_y, 0), min(j + reach_y + 1, ny)):
                for u in range(max(i - reach_x, 0), min(i + reach_x + 1, nx)):
                    inside &= (state[v, u] == SIGNAL) | (state[v, u] == CORE)
                if not inside:
                    break
            if inside:
                state[j, i] = CORE
                marked[j] += 1


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
        if marked[j] == 0:
            continue
        done = 0  # columns below this are summed for this row
        for i in range(nx):
            if state[j, i] != wanted:
                continue
            first, last = max(i - kx, 0), min(i + kx + 1, nx)
            for u in range(max(first, done), last):
                c, t = 0, 0
                for v in range(max(j - ky, 0), min(j + ky + 1, ny)):
                    if state[v, u] < INVALID:
                        c += 1
                        t += image[v, u]
                count[u], total[u] = c, t
            done = last
            c, t = 0, 0
            for u in range(first, last):
                c += count[u]
                t += total[u]
            mean = max(t / c, 0.0) if c > 0 else 0.0
            if image[j, i] > threshold and image[j, i] >= mean + sigma_strong * np.sqrt(gain * mean):
                index[found] = j * nx + i
                value[found] = image[j, i]
                found += 1
    return found
