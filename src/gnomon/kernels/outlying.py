"""Pixels that stand out from their neighbours: on one image, and in the sum of many."""

import numpy as np

from gnomon.kernels.jit import kernel

GOOD, NO_DATA, HOT, DEAD, WARM = 0, 1, 2, 3, 4
"""What a pixel is found to be."""

RANK = 2
"""A pixel may have so many neighbours as bad as itself, and stand at the corner of a shadow, which has three."""

_ENOUGH = 5
"""Valid neighbours that a pixel at an edge of a panel has."""


@kernel
def _insert(value, sorted_values, n):
    """Puts ``value`` in its place among the first n of sorted_values."""
    k = n
    while k > 0 and sorted_values[k - 1] > value:
        sorted_values[k] = sorted_values[k - 1]
        k -= 1
    sorted_values[k] = value


@kernel
def _neighbour_counts(image, mask, low, high, j, i, around):
    """How many of the eight neighbours are valid; their counts, ascending, at the front of ``around``."""
    ny, nx = image.shape
    n = 0
    for y in range(max(j - 1, 0), min(j + 2, ny)):
        for x in range(max(i - 1, 0), min(i + 2, nx)):
            if (y != j or x != i) and mask[y, x] and low <= image[y, x] <= high:
                _insert(image[y, x], around, n)
                n += 1
    return n


@kernel
def add_image(image, mask, low, high, gain, sigma, total, hot, seen):
    """Adds an image to sums in which what stands out from its neighbours counts no more than their median allows.

    A valid pixel is hot on this image where it exceeds m + sigma sqrt(gain max(m, gain)), m the median of its valid
    neighbours (the lower of two); it enters ``total`` as this limit. image: (ny, nx) int32; mask: the same, bool; low,
    high: trusted counts, both included; gain: counts per photon.
    changed: total (ny, nx) float64, counts; hot and seen (ny, nx) int32, images on which a pixel was hot and valid.
    """
    ny, nx = image.shape
    around = np.empty(8)
    at_least = sigma * gain  # the least that a limit can be
    for j in range(ny):
        for i in range(nx):
            value = image[j, i]
            if not mask[j, i] or value < low or value > high:
                continue
            seen[j, i] += 1
            limit = np.inf
            if value > at_least:
                n = _neighbour_counts(image, mask, low, high, j, i, around)
                if n > 0:
                    median = around[(n - 1) // 2]
                    limit = median + sigma * np.sqrt(gain * max(median, gain))
            if value > limit:
                hot[j, i] += 1
                total[j, i] += limit
            else:
                total[j, i] += value


@kernel
def _neighbour_rates(total, seen, mask, j, i, around):
    """As :func:`_neighbour_counts`, of the mean counts an image."""
    ny, nx = total.shape
    n = 0
    for y in range(max(j - 1, 0), min(j + 2, ny)):
        for x in range(max(i - 1, 0), min(i + 2, nx)):
            if (y != j or x != i) and mask[y, x] and seen[y, x] > 0:
                _insert(total[y, x] / seen[y, x], around, n)
                n += 1
    return n


@kernel
def classify(total, hot, seen, mask, gain, sigma, fraction, factor, kind):
    """What each pixel is, from the sums of :func:`add_image` over many images.

    NO_DATA: valid on none. HOT: hot on more than ``fraction`` of those on which it was valid. DEAD: less than
    1 / factor of what the third-lowest of its neighbours leads to expect, e, and below it by sigma sqrt(gain e).
    WARM: more than factor times the third-highest, and above it by sigma sqrt(gain sum). Pixels out of ``mask`` are
    not judged (GOOD), nor are DEAD and WARM ones with fewer than five valid neighbours. out: kind (ny, nx) uint8.
    """
    ny, nx = total.shape
    around = np.empty(8)
    for j in range(ny):
        for i in range(nx):
            kind[j, i] = GOOD
            if not mask[j, i]:
                continue
            if seen[j, i] == 0:
                kind[j, i] = NO_DATA
            elif hot[j, i] > fraction * seen[j, i]:
                kind[j, i] = HOT
            else:
                n = _neighbour_rates(total, seen, mask, j, i, around)
                if n < _ENOUGH:
                    continue
                least, most = around[RANK] * seen[j, i], around[n - 1 - RANK] * seen[j, i]
                found = total[j, i]
                if found * factor < least and least - found > sigma * np.sqrt(gain * least):
                    kind[j, i] = DEAD
                elif found > factor * most and found - most > sigma * np.sqrt(gain * found):
                    kind[j, i] = WARM
