"""Cells of some pixels each: their counts, sums of these over images, and the level about some of them."""

import numpy as np

from gnomon.kernels.jit import kernel

NO_COUNT = 65535
"""Of a cell: one of its pixels has no count that is trusted. Counts above are taken as one less."""


_UNTRUSTED = np.int32(1 << 24)
"""More than the counts of a cell, clipped, add up to, and few enough times an int32 for a cell of 11 x 11 pixels."""


@kernel
def bin_pixels(image, low, high, valid, size, columns, cells):
    """The counts of ``size`` by ``size`` pixels each; NO_COUNT where one of them is not trusted.

    image: (ny, nx) int32; low, high: the trusted counts, int32, both included; valid: (m, n) bool, the cells of which
    all pixels are used. scratch: columns (nx,) int32. out: cells (m, n) uint16, 0 where not valid.
    """
    for j in range(cells.shape[0]):
        columns[:] = 0
        for y in range(j * size, (j + 1) * size):
            row = image[y]
            for x in range(len(columns)):
                count = min(max(row[x], 0), np.int32(NO_COUNT))
                columns[x] += count if (row[x] >= low) & (row[x] <= high) else _UNTRUSTED
        for i in range(cells.shape[1]):
            total = np.int32(0)
            for x in range(i * size, (i + 1) * size):
                total += columns[x]
            counted = min(total, np.int32(NO_COUNT - 1)) if total < _UNTRUSTED else np.int32(NO_COUNT)
            cells[j, i] = counted if valid[j, i] else np.int32(0)


@kernel
def add_images(cells, total):
    """The sums over images (k, m, n) uint16 of each cell; -1 where one has NO_COUNT. out: total (m, n) int32."""
    for j in range(total.shape[0]):
        row = total[j]
        row[:] = 0
        for k in range(len(cells)):
            here = cells[k, j]
            for i in range(len(row)):
                row[i] = -1 if (here[i] == NO_COUNT) | (row[i] < 0) else row[i] + np.int32(here[i])


@kernel
def level_about(total, valid, strong, reach, index, level):
    """The mean of the valid cells within ``reach`` of each, strong ones left out; 0 where there are none.

    total: (m, n) int32, negative where there is no count; valid, strong: (m, n) bool; index: (k,) int32 into the flat
    cells. out: level (k,) float64.
    """
    ny, nx = total.shape
    for k in range(len(index)):
        y, x = index[k] // nx, index[k] % nx
        n = s = np.int64(0)
        for j in range(max(y - reach, 0), min(y + reach + 1, ny)):
            for i in range(max(x - reach, 0), min(x + reach + 1, nx)):
                if valid[j, i] and not strong[j, i] and total[j, i] >= 0:
                    n += 1
                    s += total[j, i]
        level[k] = s / n if n > 0 else 0.0
