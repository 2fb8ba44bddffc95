"""Spots: strong pixels that touch, joined across images, and their moments."""

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
def label_pixels(panel, z, y, x, nx, ny, across):
    """(label (N,) int32, number of labels): components of pixels that share a face in x, y and (if across) z.

    panel, z, y, x: (N,) int32, sorted by panel, then z, y, x; nx, ny bound x and y. Labels are numbered in
    the order of their first pixels. Union-find with path halving (Tarjan 1975, J. ACM 22, 215); neighbours
    below and in the image before are met by two pointers that only go up, so the cost is linear in N.
    """
    n = len(x)
    parent, label = np.empty(n, np.int32), np.empty(n, np.int32)
    for i in range(n):
        parent[i], label[i] = i, -1
    above = before = 0
    plane = np.int64(nx) * ny
    for i in range(n):
        here = z[i] * plane + np.int64(y[i]) * nx + x[i]
        if i > 0 and panel[i - 1] == panel[i] and z[i - 1] == z[i] and y[i - 1] == y[i] and x[i - 1] == x[i] - 1:
            parent[_root(parent, i)] = _root(parent, i - 1)
        while panel[above] < panel[i] or z[above] * plane + np.int64(y[above]) * nx + x[above] < here - nx:
            above += 1
        if y[above] == y[i] - 1 and x[above] == x[i] and z[above] == z[i]:
            parent[_root(parent, i)] = _root(parent, above)
        while panel[before] < panel[i] or z[before] * plane + np.int64(y[before]) * nx + x[before] < here - plane:
            before += 1
        if across and z[before] == z[i] - 1 and y[before] == y[i] and x[before] == x[i]:
            parent[_root(parent, i)] = _root(parent, before)
    count = 0
    for i in range(n):
        root = _root(parent, i)
        if label[root] < 0:
            label[root] = count
            count += 1
        label[i] = label[root]
    return label, count


@kernel
def measure_spots(label, count, z, y, x, value):
    """Per label: pixels (n,), bounding box (n, 6), peak (n, 3), sum (n,), centroid (n, 3), variance (n, 3).

    The box is half-open x0, x1, y0, y1, z0, z1; the peak is the first brightest pixel, at its centre; centroid
    and second moment are weighted with the counts, pixel i being centred at i + 1/2; the variance of the
    centroid is sum w (x - c)^2 / ((sum w)^2 - sum w^2), the unbiased weighted variance over the sum of the
    weights, plus 1/12 for the size of a pixel.

    label, z, y, x, value: (N,) int32.
    """
    size = np.zeros(count, np.int32)
    box = np.zeros((count, 6), np.int32)
    peak = np.zeros((count, 3))
    top = np.zeros(count, np.int32)
    total = np.zeros(count)
    squares = np.zeros(count)
    centroid = np.zeros((count, 3))
    variance = np.zeros((count, 3))
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
    for s in range(count):
        for k in range(3):
            centroid[s, k] /= total[s]
    for i in range(len(label)):
        s = label[i]
        at = (x[i], y[i], z[i])
        for k in range(3):
            offset = at[k] + 0.5 - centroid[s, k]
            variance[s, k] += value[i] * offset * offset
    for s in range(count):
        spread = total[s] * total[s] - squares[s]
        for k in range(3):
            if spread > 0:
                variance[s, k] /= spread
            variance[s, k] += 1.0 / 12.0
    return size, box, peak, total, centroid, variance
