"""Which pixels are strong: far above the background of their ring of 2θ, by the median and quartiles of its pixels."""

import numpy as np

from gnomon.kernels.jit import kernel


@kernel
def smooth(image, mask, low, high, weights, out):
    """The mean of the valid pixels about each valid pixel, nan elsewhere; the image itself where there is one weight.

    image: (ny, nx) int32; mask: the same, bool; low, high: trusted counts, both included; weights: (2 r + 1,), along
    each axis; out: (ny, nx) float32.
    """
    ny, nx = image.shape
    r = len(weights) // 2
    for j in range(ny):
        for i in range(nx):
            if not mask[j, i] or image[j, i] < low or image[j, i] > high:
                out[j, i] = np.nan
                continue
            if r == 0:
                out[j, i] = image[j, i]
                continue
            total = weight = 0.0
            for y in range(max(j - r, 0), min(j + r + 1, ny)):
                for x in range(max(i - r, 0), min(i + r + 1, nx)):
                    if mask[y, x] and low <= image[y, x] <= high:
                        w = weights[y - j + r] * weights[x - i + r]
                        total += w * image[y, x]
                        weight += w
            out[j, i] = total / weight


@kernel
def _select(values, k):
    """The k-th smallest, from 0, of values, whose order is lost (Hoare 1961, Commun. ACM 4, 321)."""
    first, last = 0, len(values) - 1
    while first < last:
        pivot = values[(first + last) // 2]
        i, j = first, last
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if k <= j:
            last = j
        elif k >= i:
            first = i
        else:
            break
    return values[k]


@kernel
def ring_levels(smoothed, ring, starts, n_iqr, floor, values, filled, levels):
    """The level of each ring: median + n_iqr (upper quartile - lower quartile) of its pixels, but at least ``floor``.

    Of n values in order, from 0, the lower quartile is number (n - 1) // 4, the upper as far from the other end.
    A ring without pixels gets an infinite level. smoothed: (n,) float32, nan where not valid; ring: (n,) int16, -1
    where not looked at; starts: (m + 1,) where each ring's pixels begin in ``values``. out: levels (m,). scratch:
    values (n,) float32, filled (m,).
    """
    filled[:] = 0
    for i in range(len(ring)):
        b = ring[i]
        if b >= 0 and not np.isnan(smoothed[i]):
            values[starts[b] + filled[b]] = smoothed[i]
            filled[b] += 1
    for b in range(len(levels)):
        n = filled[b]
        if n == 0:
            levels[b] = np.inf
            continue
        part = values[starts[b] : starts[b] + n]
        quarter = (n - 1) // 4
        lower, median = _select(part, quarter), _select(part, (n - 1) // 2)
        upper = _select(part, n - 1 - quarter)
        levels[b] = max(median + n_iqr * (upper - lower), floor)


@kernel
def select_above(image, smoothed, ring, levels, index, value):
    """The number of pixels above the level of their ring.

    image: (n,) int32; smoothed, ring, levels: as of :func:`ring_levels`; out: index (n,) int32, ascending, and value.
    """
    found = 0
    for i in range(len(ring)):
        if ring[i] >= 0 and smoothed[i] > levels[ring[i]]:
            index[found] = i
            value[found] = image[i]
            found += 1
    return found
