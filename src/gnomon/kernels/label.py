"""Spots: strong pixels that touch, joined across images, and their moments.

These kernels allocate nothing: what needs numba's arrays takes 50 ms more to load from the cache.
"""

import numpy as np

from gnomon.kernels.jit import kernel


@kernel
def _root(parent, i):
    """The representative of pixel i; the path to it is halved."""
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@kernel
def _join(parent, i, j):
    """Makes two pixels' components one."""
    parent[_root(parent, i)] = _root(parent, j)


@kernel
def _list_runs(key, first, run):
    """The number of runs: pixels with neighbours in a row, whose keys ascend by 1.

    out: first (N + 1,) int32, the first pixel of each, then N; run (N,) int32, the first pixel of each pixel's run.
    """
    n = 0
    for i in range(len(key)):
        if i == 0 or key[i] != key[i - 1] + 1:
            first[n] = i
            n += 1
        run[i] = first[n - 1]
    first[n] = len(key)
    return n


@kernel
def _join_touching(key, first, runs, step, parent):
    """Joins runs of which pixels differ by ``step`` in their keys: two pointers that only go up, so in linear time."""
    other = 0
    for r in range(runs):
        low, high = key[first[r]] - step, key[first[r + 1] - 1] - step
        while key[first[other + 1] - 1] < low:
            other += 1
        touching = other
        while key[first[touching]] <= high:
            _join(parent, first[r], first[touching])
            touching += 1


@kernel
def label_pixels(key, row, plane, reach, joined, first, parent, label):
    """The number of components of pixels that share a face: those whose keys differ by 1, ``row`` or ``plane``.

    key: (N,) int64, ascending, a number of each pixel in which rows, images and panels have a gap between them. The
    same pixel of images up to ``reach`` apart is joined: 1 where these must follow each other, 0 where none are.
    joined: (N,) int32, a pixel with which each is known to be joined, or itself.
    Labels are numbered in the order of their first pixels. Union-find with path halving (Tarjan 1975, J. ACM 22, 215)
    of runs, by their first pixels.

    out: label (N,) int32. scratch: first (N + 1,) and parent (N,) int32.
    """
    runs = _list_runs(key, first, label)
    for i in range(len(key)):
        parent[i] = i
    for i in range(len(key)):
        if joined[i] != i:
            _join(parent, label[i], label[joined[i]])
    _join_touching(key, first, runs, row, parent)
    for apart in range(1, reach + 1):
        _join_touching(key, first, runs, apart * plane, parent)
    for r in range(runs):
        label[first[r]] = -1
    count = 0
    for r in range(runs):
        root = _root(parent, first[r])
        if label[root] < 0:
            label[root] = count
            count += 1
        for i in range(first[r], first[r + 1]):
            label[i] = label[root]
    return count


@kernel
def measure_spots(label, z, y, x, value, size, box, top, peak, total, squares, centroid, variance):
    """Adds up, per label: pixels, bounding box, peak, sum, centroid, and the centroid's variance.

    The box is half-open x0, x1, y0, y1, z0, z1; the peak is the first brightest pixel, at its centre; centroid
    and second moment are weighted with the counts, pixel i being centred at i + 1/2; the variance of the
    centroid is sum w (x - c)^2 / ((sum w)^2 - sum w^2), the unbiased weighted variance over the sum of the
    weights, plus 1/12 for the size of a pixel.

    label, z, y, x, value: (N,) int32.
    out, all zero at the beginning: size (n,) and box (n, 6) int32; peak, centroid and variance (n, 3), total (n,).
    scratch, zero as well: top (n,) int32, the brightest count, and squares (n,).
    """
    for i in range(len(label)):
        s = label[i]
        at = (x[i], y[i], z[i])
        for k in range(3):
            if size[s] == 0 or at[k] < box[s, 2 * k]:
                box[s, 2 * k] = at[k]
            if size[s] == 0 or at[k] >= box[s, 2 * k + 1]:
                box[s, 2 * k + 1] = at[k] + 1
            if size[s] == 0 or value[i] > top[s]:
                peak[s, k] = at[k] + 0.5
            centroid[s, k] += value[i] * (at[k] + 0.5)
        top[s] = max(top[s], value[i])
        total[s] += value[i]
        squares[s] += np.float64(value[i]) * value[i]
        size[s] += 1
    for s in range(len(size)):
        for k in range(3):
            centroid[s, k] /= total[s]
    for i in range(len(label)):
        s = label[i]
        at = (x[i], y[i], z[i])
        for k in range(3):
            offset = at[k] + 0.5 - centroid[s, k]
            variance[s, k] += value[i] * offset * offset
    for s in range(len(size)):
        spread = total[s] * total[s] - squares[s]
        for k in range(3):
            if spread > 0:
                variance[s, k] /= spread
            variance[s, k] += 1.0 / 12.0
