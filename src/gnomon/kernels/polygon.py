"""Polygons on a grid of pixels."""

from __future__ import annotations

import math

import numpy as np

from gnomon.kernels.jit import kernel


@kernel
def first_centre(edge, size):
    """The first of ``size`` pixels whose centre is not below ``edge``; ``size`` where there is none."""
    return math.ceil(min(max(edge - 0.5, 0.0), size))


@kernel
def fill_polygon(pixels, corners, value):
    """Set ``pixels`` (ny, nx) whose centres (i + 1/2) lie inside the polygon ``corners`` (n, 2) to ``value``.

    Even-odd rule: a point is inside where an odd number of edges crosses its row to the right of it.
    """
    ny, nx = pixels.shape
    n = len(corners)
    edges = np.empty(n)
    low = high = corners[0, 1]
    for i in range(1, n):
        low, high = min(low, corners[i, 1]), max(high, corners[i, 1])
    for y in range(first_centre(low, ny), first_centre(high, ny)):
        row, count = y + 0.5, 0
        for i in range(n):
            xa, ya, xb, yb = corners[i - 1, 0], corners[i - 1, 1], corners[i, 0], corners[i, 1]
            if (row < ya) == (row < yb):
                continue
            edge = xa + (row - ya) * (xb - xa) / (yb - ya)
            k = count
            while k > 0 and edges[k - 1] > edge:  # they stay sorted
                edges[k] = edges[k - 1]
                k -= 1
            edges[k] = edge
            count += 1
        for k in range(0, count - 1, 2):
            for x in range(first_centre(edges[k], nx), first_centre(edges[k + 1], nx)):
                pixels[y, x] = value


@kernel
def convex_hull(points):
    """(m, 2) corners of the convex hull of ``points`` (n, 2), which are in the order of x, then of y; counterclockwise.

    Fewer than 3 where it has no area. Monotone chain: Andrew (1979), Inf. Process. Lett. 9, 216.
    """
    n = len(points)
    hull = np.empty((2 * n + 1, 2))
    m = 0
    for half in range(2):
        floor = max(m, 1)
        for k in range(half, n):
            p = points[k if half == 0 else n - 1 - k]
            while m > floor:
                a, b = hull[m - 2], hull[m - 1]
                if (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]) > 0:
                    break
                m -= 1
            hull[m] = p
            m += 1
    return hull[: max(m - 1, 0)]


@kernel
def clip_cone(rays, height, least):
    """(m, 3) the corners of the convex cone over ``rays`` (n, 3), one after the other round it, cut at a plane.

    What is kept has a ``height`` (n,), linear in the rays, of ``least`` or more; m is 0 where nothing has.
    Sutherland & Hodgman (1974), Commun. ACM 17, 32.
    """
    n = len(rays)
    kept = np.empty((2 * n, 3))
    m = 0
    for i in range(n):
        here, before = height[i] - least, height[i - 1] - least
        if (here >= 0) != (before >= 0):
            kept[m] = (rays[i - 1] * here - rays[i] * before) / (here - before)
            m += 1
        if here >= 0:
            kept[m] = rays[i]
            m += 1
    return kept[:m]
