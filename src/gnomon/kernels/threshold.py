"""Which of the dispersed pixels of an image are strong: lists of pixels in ascending order, taken run by run.

A run is some neighbours in a row. Dispersed pixels are some in a hundred, and come in runs.
"""

import numpy as np

from gnomon.kernels.jit import kernel

ALONG, CORE = 1, 2
"""States of a pixel, from 0: its neighbours along the row are all dispersed; so are those in the rows about it."""


@kernel
def _run_end(index, begin, n, nx):
    """Where the run that begins at ``begin`` ends in the list: one past its last pixel."""
    row_end = (index[begin] // nx + 1) * nx
    end = begin + 1
    while end < n and index[end] == index[end - 1] + 1 and index[end] < row_end:
        end += 1
    return end


@kernel
def _erode_along_rows(index, n, nx, reach, state):
    """The number of pixels whose neighbours within ``reach`` along the row are in the list: ALONG, and alone in it."""
    kept = 0
    begin = 0
    while begin < n:
        end = _run_end(index, begin, n, nx)
        first, last = index[begin], index[end - 1]
        first += reach if first % nx > 0 else 0  # what lies outside the image does not count against a pixel
        last -= reach if last % nx < nx - 1 else 0
        for pixel in range(first, last + 1):
            state[pixel] = ALONG
            index[kept] = pixel
            kept += 1
        begin = end
    return kept


@kernel
def _erode_along_columns(index, n, nx, reach, state, core):
    """The number of listed pixels whose neighbours within ``reach`` along the column are ALONG: CORE, and in core."""
    found = 0
    for k in range(n):
        whole = True
        for r in range(-reach, reach + 1):
            pixel = index[k] + r * nx
            if 0 <= pixel < len(state) and state[pixel] == 0:
                whole = False
                break
        if whole:
            state[index[k]] = CORE
            core[found] = index[k]
            found += 1
    return found


@kernel
def _sum_background(image, mask, low, high, state, first, stop, top, bottom, number, total):
    """Sums over rows top to bottom of the valid pixels that are not CORE, before each of the columns first to stop.

    out: number and total (stop - first + 1,): of columns first to first + i - 1.
    """
    width, nx = stop - first, image.shape[1]
    for i in range(width + 1):
        number[i] = 0
        total[i] = 0
    for y in range(top, bottom):
        row, used, marks = image[y, first:stop], mask[y, first:stop], state[y * nx + first : y * nx + stop]
        for i in range(width):
            counted = np.int64(used[i] & (row[i] >= low) & (row[i] <= high) & (marks[i] != CORE))
            number[i + 1] += counted
            total[i + 1] += counted * row[i]
    for i in range(width):
        number[i + 1] += number[i]
        total[i + 1] += total[i]


@kernel
def select_strong(
    image, mask, low, high, state, wanted, n, kx, ky, gain, sigma_strong, threshold, number, total, index, value
):
    """The number of strong pixels among the n wanted: those that exceed threshold and, by sigma_strong, the mean there.

    Strong is x > threshold and x >= mean + sigma_strong sqrt(gain mean), the mean over the valid pixels of the window
    (2 kx + 1, 2 ky + 1) that are not CORE; where there are none, the mean is taken as zero.

    image: (ny, nx) int32; mask, low, high: as of find_dispersed; state: (ny nx,); wanted: (n,) in ascending order.
    out: index (m,) int32 into the flat image, ascending, and value (m,) int32, m >= n; index may be wanted.
    scratch: number and total (nx + 1,) int64.
    """
    ny, nx = image.shape
    found = 0
    begin = 0
    while begin < n:
        end = _run_end(wanted, begin, n, nx)
        y, x = divmod(wanted[begin], nx)
        first, stop = max(x - kx, 0), min(x + end - begin + kx, nx)
        _sum_background(image, mask, low, high, state, first, stop, max(y - ky, 0), min(y + ky + 1, ny), number, total)
        for i in range(x, x + end - begin):
            a, b = max(i - kx, 0) - first, min(i + kx + 1, nx) - first
            counted = number[b] - number[a]
            mean = max((total[b] - total[a]) / counted, 0.0) if counted > 0 else 0.0
            if image[y, i] > threshold and image[y, i] >= mean + sigma_strong * np.sqrt(gain * mean):
                index[found] = y * nx + i
                value[found] = image[y, i]
                found += 1
        begin = end
    return found


@kernel
def find_strong(
    image, mask, low, high, kx, ky, gain, sigma_strong, threshold, enlarged,
    dispersed, n, state, number, total, index, value,
):  # fmt: skip
    """The number of strong pixels among the n dispersed ones. Winter et al. (2018), Acta Cryst. D74, 85.

    By extended dispersion, they are among the cores, whose neighbours are all dispersed, and the mean is taken over a
    window that is ``enlarged`` pixels wider than the test's; where enlarged is 0, by dispersion, among all.

    dispersed: (m,) int32, m >= n, of find_dispersed; spoilt. state: (ny nx,) uint8, all zero, and left so. Other
    arguments, and results, as of :func:`select_strong`.
    """
    nx = image.shape[1]
    wanted = dispersed
    marked = 0
    if enlarged > 0:
        marked = _erode_along_rows(dispersed, n, nx, kx - 1, state)
        n = _erode_along_columns(dispersed, marked, nx, ky - 1, state, index)
        wanted = index
    found = select_strong(
        image, mask, low, high, state, wanted, n, kx + enlarged, ky + enlarged, gain, sigma_strong, threshold,
        number, total, index, value,
    )  # fmt: skip
    for k in range(marked):
        state[dispersed[k]] = 0
    return found
