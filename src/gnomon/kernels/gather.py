"""From frames to what is kept of each reflection: the counts of its foreground, and sums over frames round it.

A foreground pixel that several reflections claim belongs to the nearest in standard deviations of spot and rocking
curve. Who owns a pixel is worked out box by box, from the neighbours of the box: the same for any way to cut the scan
into blocks of frames, and without a plane of owners for each frame.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gnomon.kernels.crowd import most_neighbours, neighbours
from gnomon.kernels.frames import BAD_CODE, LARGE_CODE, OVERLOAD_CODE, large_count
from gnomon.kernels.jit import kernel
from gnomon.kernels.shoebox import BAD, LOST, OVERLOAD, UNSEEN, middle_pixel, perspective, slab_shift

COUNTS = ("valid", "foreground", "background", "background_used", "bad", "overloaded", "lost", "background_bad", "off")
"""Columns of ``counts``, pixels on all frames: ``lost`` are foreground pixels that a neighbour owns, ``off`` those
that lie beyond the edge of the panel."""
FREE, GUARD, OWNED = 0, 1, 2
"""What neighbours make of a pixel of a window: nothing, part of the ring round a foreground, their own."""
NEAR_FRAME = 1 << 16
"""In the third plane of surroundings a frame on which a pixel was free counts 1, one in a guard ring this."""


class Surroundings(NamedTuple):
    """Sums over frames of the pixels beyond the guard ring, by their place in the window of the reflection.

    Three planes of a window from ``start[i]``: counts where a pixel belonged to nobody, counts where it lay in the guard
    ring of a neighbour, and on how many frames (1 and NEAR_FRAME each).
    """

    values: np.ndarray  # int32
    start: np.ndarray  # (N,) int64, -1 where nothing is held


class Scratch(NamedTuple):
    """What is worked out for one window of at most W pixels with at most n neighbours."""

    c1: np.ndarray  # (W,) along e1 from the middle of the spot, in its standard deviation on these frames
    c2: np.ndarray  # (W,)
    holder: np.ndarray  # (W,) uint8: FREE, GUARD, OWNED
    near: np.ndarray  # (n,) int64, neighbours


@kernel
def _place_window(boxes, i, s, c1, c2):
    """Fill c1 and c2 for the window of slab s; its first pixel along fast and slow."""
    shift, broad = slab_shift(boxes, i, s)
    x_mid, y_mid = middle_pixel(boxes, i, shift)
    hx, hy = boxes.half[i]
    scale = perspective(boxes, i, x_mid, y_mid)
    a = boxes.slope[i]
    a00, a01, a10, a11 = a[0, 0] * scale / broad, a[0, 1] * scale / broad, a[1, 0] * scale, a[1, 1] * scale
    left, top = x_mid - hx + 0.5 - boxes.xyz[i, 0], y_mid - hy + 0.5 - boxes.xyz[i, 1]
    width = 2 * hx + 1
    for y in range(2 * hy + 1):
        for x in range(width):
            c1[y * width + x] = a00 * (left + x) + a01 * (top + y) - shift / broad
            c2[y * width + x] = a10 * (left + x) + a11 * (top + y)
    return x_mid - hx, y_mid - hy


@kernel
def _mark(boxes, i, j, z, x0, y0, size, scratch):
    """Mark in ``holder`` what neighbour j has of the window of i at (x0, y0) on frame z; whether a claim is contested."""
    width, height = 2 * boxes.half[i, 0] + 1, 2 * boxes.half[i, 1] + 1
    shift, broad = slab_shift(boxes, j, (z - boxes.bbox[j, 4]) // boxes.slab[j])
    x_mid, y_mid = middle_pixel(boxes, j, shift)
    scale = perspective(boxes, j, x_mid, y_mid)
    a, radius, guard = boxes.slope[j], boxes.radius[j], boxes.guard[j]
    reach_x = min(int(boxes.core[j, 0] * guard / radius) + 1, boxes.half[j, 0])
    reach_y = min(int(boxes.core[j, 1] * guard / radius) + 1, boxes.half[j, 1])
    my_c3 = boxes.rate[i] * (z + 0.5 - boxes.xyz[i, 2])
    its_c3 = boxes.rate[j] * (z + 0.5 - boxes.xyz[j, 2])
    closer = boxes.radius[i] ** 2
    contested = False
    for y in range(max(y_mid - reach_y, y0, 0), min(y_mid + reach_y + 1, y0 + height, size[1])):
        v = y + 0.5 - boxes.xyz[j, 1]
        for x in range(max(x_mid - reach_x, x0, 0), min(x_mid + reach_x + 1, x0 + width, size[0])):
            u = x + 0.5 - boxes.xyz[j, 0]
            d1 = ((a[0, 0] * u + a[0, 1] * v) * scale - shift) / broad
            d2 = (a[1, 0] * u + a[1, 1] * v) * scale
            away = d1 * d1 + d2 * d2
            if away > guard * guard:
                continue
            at = (y - y0) * width + x - x0
            if away > radius * radius:
                scratch.holder[at] = max(scratch.holder[at], GUARD)
                continue
            mine = scratch.c1[at] ** 2 + scratch.c2[at] ** 2
            if mine <= closer:
                contested = True
                mine += my_c3 * my_c3
                theirs = away + its_c3 * its_c3
                if mine < theirs or (mine == theirs and i < j):
                    continue
            scratch.holder[at] = OWNED
    return contested


@kernel
def _add_foreground(value, state, patch, at, count):
    """Add a foreground pixel of one frame: its value or, where ``state`` is BAD, OVERLOAD or LOST, that."""
    count[1] += 1
    if state != 0:
        count[4] += state == BAD
        count[5] += state == OVERLOAD
        count[6] += state == LOST
        patch[at] = min(patch[at], state)  # the worst of what its frames are; all are below every count
    elif patch[at] == UNSEEN:
        patch[at] = value
    elif patch[at] > UNSEEN:
        patch[at] += value


@kernel
def _add_frame(block, row, boxes, panels, i, s, x0, y0, scratch, patch, around, count):
    """Add frame ``row`` of the block, in slab s, to the patch and the surroundings of reflection i."""
    panel, width, height = boxes.panel[i], 2 * boxes.half[i, 0] + 1, 2 * boxes.half[i, 1] + 1
    nx, ny = panels.size[panel]
    dx, dy = boxes.half[i, 0] - boxes.core[i, 0], boxes.half[i, 1] - boxes.core[i, 1]
    wide, high = 2 * boxes.core[i, 0] + 1, 2 * boxes.core[i, 1] + 1
    inside, outside = boxes.radius[i] ** 2, boxes.guard[i] ** 2
    codes, c1, c2, holder = block.codes, scratch.c1, scratch.c2, scratch.holder
    area = width * height
    for wy in range(height):
        y = y0 + wy
        if y < 0 or y >= ny:
            for wx in range(width):
                count[8] += c1[wy * width + wx] ** 2 + c2[wy * width + wx] ** 2 <= inside
            continue
        place = panels.start[panel] + y * nx + x0
        for wx in range(width):
            at = wy * width + wx
            far = c1[at] * c1[at] + c2[at] * c2[at]
            if x0 + wx < 0 or x0 + wx >= nx:
                count[8] += far <= inside
                continue
            code = codes[row, place + wx]
            valid = code < OVERLOAD_CODE
            count[0] += valid
            if far > inside and far <= outside:
                continue
            value = np.int32(code) - np.int32(block.bias)
            if code == LARGE_CODE:
                value = large_count(block, row, place + wx)
            if far > outside:
                count[2] += 1
                if not valid:
                    count[7] += 1
                elif holder[at] == FREE:
                    around[at] += value
                    around[2 * area + at] += 1
                elif holder[at] == GUARD:
                    around[area + at] += value
                    around[2 * area + at] += NEAR_FRAME
                continue
            px, py = wx - dx, wy - dy
            if px < 0 or px >= wide or py < 0 or py >= high:
                continue
            state = np.int32(0)
            if code == BAD_CODE:
                state = BAD
            elif code == OVERLOAD_CODE:
                state = OVERLOAD
            elif holder[at] == OWNED:
                state = LOST
            _add_foreground(value, state, patch, (s * high + py) * wide + px, count)


@kernel
def _widest(boxes, crowd, members):
    """Most pixels of a window of the members."""
    most = 1
    for m in members:
        i = crowd.live[m]
        most = max(most, (2 * boxes.half[i, 0] + 1) * (2 * boxes.half[i, 1] + 1))
    return most


@kernel
def gather(block, boxes, panels, crowd, members, patches, surroundings, counts, contested):
    """Add the frames of ``block`` to what is held of the ``members`` (numbers in ``crowd``).

    patches, surroundings: their places are set, and filled with UNSEEN and 0 before the first frame; counts: (N, 9)
    int32, see COUNTS, less ``background_used``; contested: (N,) bool, set where a neighbour claims foreground too.
    """
    most = _widest(boxes, crowd, members)
    scratch = Scratch(
        np.empty(most),
        np.empty(most),
        np.zeros(most, np.uint8),
        np.empty(most_neighbours(boxes, crowd, members), np.int64),
    )
    for m in members:
        i = crowd.live[m]
        n_near = neighbours(boxes, crowd, m, scratch.near)
        area = (2 * boxes.half[i, 0] + 1) * (2 * boxes.half[i, 1] + 1)
        patch = patches.values[patches.start[i] :]
        around = surroundings.values[surroundings.start[i] :]
        x0, y0, placed = 0, 0, -1
        for z in range(max(boxes.bbox[i, 4], block.first), min(boxes.bbox[i, 5], block.first + len(block.codes))):
            s = (z - boxes.bbox[i, 4]) // boxes.slab[i]
            if s != placed:
                x0, y0 = _place_window(boxes, i, s, scratch.c1, scratch.c2)
                placed = s
            for at in range(area):
                scratch.holder[at] = FREE
            for k in range(n_near):
                j = scratch.near[k]
                if boxes.bbox[j, 4] <= z < boxes.bbox[j, 5]:
                    if _mark(boxes, i, j, z, x0, y0, panels.size[boxes.panel[i]], scratch):
                        contested[i] = True
            _add_frame(block, z - block.first, boxes, panels, i, s, x0, y0, scratch, patch, around, counts[i])
