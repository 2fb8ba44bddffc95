"""From frames to what is kept of each reflection: the counts of its foreground, and sums over frames round it.

A foreground pixel that several reflections claim belongs to the nearest in standard deviations of spot and rocking
curve. Who owns a pixel is worked out box by box, from the neighbours of the box: the same for any way to cut the scan
into blocks of frames, and without a plane of owners for each frame.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from gnomon.kernels.crowd import most_neighbours, neighbours
from gnomon.kernels.frames import BAD_CODE, LARGE_CODE, OVERLOAD_CODE, large_count
from gnomon.kernels.jit import kernel
from gnomon.kernels.shoebox import (
    BAD,
    LOST_BY,
    OVERLOAD,
    OWN,
    UNSEEN,
    chord,
    middle_column,
    middle_row,
    patch_size,
    slab_ellipse,
)

COUNTS = ("valid", "foreground", "background", "background_used", "bad", "overloaded", "lost", "background_bad", "off")
"""Columns of ``counts``, pixels on all frames: ``lost`` are foreground pixels that a neighbour owns, ``off`` those
that lie beyond the edge of the panel."""
FREE, GUARD, OWNED = np.uint8(0), np.uint8(1), np.uint8(2)
"""What neighbours make of a pixel of a window: nothing, part of the ring round a foreground, their own."""
NEAR_FRAME = np.int32(1 << 16)
"""In the third plane of surroundings a frame on which a pixel was free counts 1, one in a guard ring this."""


class Surroundings(NamedTuple):
    """Sums over frames of the pixels beyond the guard ring, by their place in the window of the reflection.

    Three planes of a window from ``start[i]``: counts where a pixel belonged to nobody, counts where it lay in the
    guard ring of a neighbour, and on how many frames (1 and NEAR_FRAME each).
    """

    values: np.ndarray  # int32
    start: np.ndarray  # (N,) int64, -1 where nothing is held


@kernel
def _distance(ellipse, x, y):
    """c1^2 + c2^2 at the centre of a pixel."""
    u, v = x + 0.5 - ellipse.x, y + 0.5 - ellipse.y
    return (ellipse.c1x * u + ellipse.c1y * v) ** 2 + (ellipse.c2x * u + ellipse.c2y * v) ** 2


@kernel
def _mark(mine, its, radii, c3_squares, is_first, half, size, holder):
    """Mark in ``holder`` what a neighbour has of a window on one frame; whether it claims foreground of ours.

    mine, its: the ellipses of both there; radii: squared, of our foreground, its foreground and its guard ring;
    c3_squares: ours and its; is_first: whether a pixel as near to both is ours; half: (2,) of the window; size: (2,) of
    the panel: who meets beyond its edge depends on how many frames were asked for neighbours.
    """
    hx, hy = half
    width, top = 2 * hx + 1, middle_row(mine) - hy
    middle, reach = middle_row(its), int(math.sqrt(radii[2] / its.rows)) + 1
    contested = False
    for y in range(max(middle - reach, top, 0), min(middle + reach, top + 2 * hy, size[1] - 1) + 1):
        first, end = chord(its, y, radii[2])
        left = middle_column(mine, y) - hx
        first, end = max(first, left, 0), min(end, left + width, size[0])
        if end <= first:
            continue
        at = (y - top) * width - left
        inner_first, inner_end = chord(its, y, radii[1])
        own_first, own_end = chord(mine, y, radii[0])
        for x in range(first, end):
            if x < inner_first or x >= inner_end:
                holder[at + x] = max(holder[at + x], GUARD)
            elif x < own_first or x >= own_end:
                holder[at + x] = OWNED
            else:
                contested = True
                here, there = _distance(mine, x, y) + c3_squares[0], _distance(its, x, y) + c3_squares[1]
                if there < here or (there == here and not is_first):
                    holder[at + x] = OWNED
    return contested


@kernel
def _mark_neighbours(boxes, i, mine, near, z, size, holder):
    """Fill ``holder`` of reflection i on frame z from its neighbours ``near``; whether one claims foreground of it."""
    half = (boxes.half[i, 0], boxes.half[i, 1])
    for at in range((2 * half[0] + 1) * (2 * half[1] + 1)):
        holder[at] = FREE
    contested = False
    for j in near:
        if z < boxes.bbox[j, 4] or z >= boxes.bbox[j, 5]:
            continue
        its = slab_ellipse(boxes, j, (z - boxes.bbox[j, 4]) // boxes.slab[j])
        radii = (boxes.radius[i] ** 2, boxes.radius[j] ** 2, boxes.guard[j] ** 2)
        c3 = boxes.rate[i] * (z + 0.5 - boxes.xyz[i, 2]), boxes.rate[j] * (z + 0.5 - boxes.xyz[j, 2])
        contested |= _mark(mine, its, radii, (c3[0] ** 2, c3[1] ** 2), i < j, half, size, holder)
    return contested


@kernel
def _add_surroundings(block, row, place, holder, around, area, at, n, count):
    """Add n pixels beyond the guard ring, from ``place`` in frame ``row``, at ``at`` in the window."""
    bad = 0
    for k in range(n):
        code, whose = block.codes[row, place + k], holder[at + k]
        if code >= OVERLOAD_CODE:
            bad += 1
        elif whose != OWNED:
            value = np.int32(code) - block.bias
            if code == LARGE_CODE:
                value = large_count(block, row, place + k)
            plane = 0 if whose == FREE else area
            around[plane + at + k] += value
            around[2 * area + at + k] += 1 if whose == FREE else NEAR_FRAME
    count[0] += n - bad
    count[2] += n
    count[7] += bad


@kernel
def _add_chord(block, row, place, holder, patch, to, at, n, count):
    """Add n foreground pixels, from ``place`` in frame ``row``, at ``at`` in the window and ``to`` in the patch.

    A pixel of a patch becomes the worst of what it is on the frames of its slab: BAD, OVERLOAD, or a neighbour's.
    """
    for k in range(n):
        code, held = block.codes[row, place + k], patch[to + k]
        count[0] += code < OVERLOAD_CODE
        if code == BAD_CODE:
            count[4] += 1
            patch[to + k] = BAD
        elif code == OVERLOAD_CODE:
            count[5] += 1
            patch[to + k] = min(held, OVERLOAD)
        else:
            lost = holder[at + k] == OWNED
            count[6] += lost
            if held < UNSEEN:
                continue
            value = np.int32(code) - block.bias
            if code == LARGE_CODE:
                value = large_count(block, row, place + k)
            if held != UNSEEN:
                value += held
            if lost and value >= OWN:
                value = min(value, -OWN - 1) - LOST_BY
            patch[to + k] = value
    count[1] += n


@kernel
def _add_frame(block, row, panel, mine, window, radii, holder, patch, around, count):
    """Add frame ``row`` of the block, on which the spot is ``mine``, to a slab of a patch and to its surroundings.

    panel: where it starts, and its pixels along fast and slow; window: pixels and rows on each side of the middle, then
    those of the core; radii: squared, of the foreground and the guard ring.
    """
    start, nx, ny = panel
    hx, hy, cx, cy = window
    width, top = 2 * hx + 1, middle_row(mine) - hy
    area = width * (2 * hy + 1)
    for wy in range(2 * hy + 1):
        y = top + wy
        left = middle_column(mine, y) - hx
        low, high = max(left, 0), min(left + width, nx)
        if y < 0 or y >= ny or high < low:
            high = low
        first, end = chord(mine, y, radii[0])
        first, end = max(first, left + hx - cx), min(end, left + hx + cx + 1)
        if end < first or abs(wy - hy) > cy:
            end = first
        seen_first, seen_end = min(max(first, low), high), max(min(end, high), low)
        count[8] += (end - first) - max(seen_end - seen_first, 0)
        if high == low:
            continue
        ring_first, ring_end = chord(mine, y, radii[1])
        if ring_end == ring_first:
            ring_first, ring_end = high, high
        ring_first, ring_end = min(max(ring_first, low), high), min(max(ring_end, low), high)
        at, place = wy * width - left, start + y * nx
        _add_surroundings(block, row, place + low, holder, around, area, at + low, ring_first - low, count)
        _add_surroundings(block, row, place + ring_end, holder, around, area, at + ring_end, high - ring_end, count)
        to = (wy - hy + cy) * (2 * cx + 1) - left - hx + cx
        _add_chord(
            block,
            row,
            place + seen_first,
            holder,
            patch,
            to + seen_first,
            at + seen_first,
            seen_end - seen_first,
            count,
        )


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
    holder = np.zeros(_widest(boxes, crowd, members), np.uint8)
    near = np.empty(most_neighbours(boxes, crowd, members), np.int64)
    for m in members:
        i = crowd.live[m]
        n_near = neighbours(boxes, crowd, m, near)
        panel = (panels.start[boxes.panel[i]], panels.size[boxes.panel[i], 0], panels.size[boxes.panel[i], 1])
        window = (boxes.half[i, 0], boxes.half[i, 1], boxes.core[i, 0], boxes.core[i, 1])
        radii = (boxes.radius[i] ** 2, boxes.guard[i] ** 2)
        slab_size, around = patch_size(boxes, i), surroundings.values[surroundings.start[i] :]
        for z in range(max(boxes.bbox[i, 4], block.first), min(boxes.bbox[i, 5], block.first + len(block.codes))):
            s = (z - boxes.bbox[i, 4]) // boxes.slab[i]
            mine = slab_ellipse(boxes, i, s)
            contested[i] |= _mark_neighbours(boxes, i, mine, near[:n_near], z, panel[1:], holder)
            patch = patches.values[patches.start[i] + s * slab_size :]
            _add_frame(block, z - block.first, panel, mine, window, radii, holder, patch, around, counts[i])
