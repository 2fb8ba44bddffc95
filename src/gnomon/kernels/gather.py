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
from gnomon.kernels.shoebox import BAD, LOST, OVERLOAD, UNSEEN, chord, middle_column, middle_row, slab_ellipse

COUNTS = ("valid", "foreground", "background", "background_used", "bad", "overloaded", "lost", "background_bad", "off")
"""Columns of ``counts``, pixels on all frames: ``lost`` are foreground pixels that a neighbour owns, ``off`` those
that lie beyond the edge of the panel."""
FREE, GUARD, OWNED = np.uint8(0), np.uint8(1), np.uint8(2)
"""What neighbours make of a pixel of a window: nothing, part of the ring round a foreground, their own."""
NEAR_FRAME = np.int32(1 << 16)
"""In the third plane of surroundings a frame on which a pixel was free counts 1, one in a guard ring this."""


class Surroundings(NamedTuple):
    """Sums over frames of the pixels beyond the guard ring, by their place in the window of the reflection.

    Three planes of a window from ``start[i]``: counts where a pixel belonged to nobody, counts where it lay in the guard
    ring of a neighbour, and on how many frames (1 and NEAR_FRAME each).
    """

    values: np.ndarray  # int32
    start: np.ndarray  # (N,) int64, -1 where nothing is held


@kernel
def _is_nearer(boxes, i, j, mine, its, x, y, z):
    """Whether pixel (x, y) of frame z is nearer to reflection j than to i, in standard deviations."""
    u, v = x + 0.5 - boxes.xyz[i, 0], y + 0.5 - boxes.xyz[i, 1]
    c1, c2 = mine.c1x * u + mine.c1y * v - mine.shift, mine.c2x * u + mine.c2y * v
    c3 = boxes.rate[i] * (z + 0.5 - boxes.xyz[i, 2])
    u, v = x + 0.5 - boxes.xyz[j, 0], y + 0.5 - boxes.xyz[j, 1]
    d1, d2 = its.c1x * u + its.c1y * v - its.shift, its.c2x * u + its.c2y * v
    d3 = boxes.rate[j] * (z + 0.5 - boxes.xyz[j, 2])
    here, there = c1 * c1 + c2 * c2 + c3 * c3, d1 * d1 + d2 * d2 + d3 * d3
    return there < here or (there == here and j < i)


@kernel
def _mark(boxes, i, j, mine, its, z, holder):
    """Mark in ``holder`` what neighbour j has of the window of i on frame z; whether it claims foreground of i.

    mine, its: the ellipses of both there.
    """
    hx, hy = boxes.half[i]
    top = middle_row(boxes, i, mine) - hy
    middle, reach = middle_row(boxes, j, its), int(boxes.guard[j] / math.sqrt(its.rows)) + 1
    contested = False
    for y in range(max(middle - reach, top), min(middle + reach, top + 2 * hy) + 1):
        left = middle_column(boxes, i, mine, y) - hx
        row = holder[(y - top) * (2 * hx + 1) : (y - top + 1) * (2 * hx + 1)]
        first, end = chord(boxes, j, its, y, boxes.guard[j] ** 2)
        for k in range(max(first - left, 0), min(end - left, 2 * hx + 1)):
            row[k] = max(row[k], GUARD)
        first, end = chord(boxes, j, its, y, boxes.radius[j] ** 2)
        own_first, own_end = chord(boxes, i, mine, y, boxes.radius[i] ** 2)
        for x in range(max(first, left), min(end, left + 2 * hx + 1)):
            if own_first <= x < own_end:
                contested = True
                if not _is_nearer(boxes, i, j, mine, its, x, y, z):
                    continue
            row[x - left] = OWNED
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
def _add_row(codes, n_bias, holder, free, near, frames, first, end):
    """Add the pixels first..end of a row beyond the guard ring to sums over frames; how many of them are not valid.

    None of them may have a large count. Free of neighbours: to ``free`` and 1 to ``frames``; in a guard ring: to
    ``near`` and NEAR_FRAME to ``frames``.
    """
    bad = 0
    for k in range(first, end):
        valid = codes[k] < LARGE_CODE
        is_free, is_near = valid & (holder[k] == FREE), valid & (holder[k] == GUARD)
        value = np.int32(codes[k]) - n_bias
        free[k] += value if is_free else np.int32(0)
        near[k] += value if is_near else np.int32(0)
        frames[k] += np.int32(is_free) + (NEAR_FRAME if is_near else np.int32(0))
        bad += not valid
    return bad


@kernel
def _has_large(codes, first, end):
    """Whether a pixel first..end of a row has a large count."""
    found = 0
    for k in range(first, end):
        found += codes[k] == LARGE_CODE
    return found > 0


@kernel
def _add_surroundings(block, row, place, holder, around, area, at, first, end, count):
    """Add pixels first..end, from ``place`` in frame ``row``, beyond the guard ring, at ``at`` in the window."""
    if end <= first:
        return
    codes = block.codes[row, place + first : place + end]
    n, at = end - first, at + first
    count[2] += n
    free, near, frames = (
        around[at : at + n],
        around[area + at : area + at + n],
        around[2 * area + at : 2 * area + at + n],
    )
    if not _has_large(codes, 0, n):
        bad = _add_row(codes, block.bias, holder[at : at + n], free, near, frames, 0, n)
        count[0] += n - bad
        count[7] += bad
        return
    for k in range(n):
        if codes[k] != LARGE_CODE:
            bad = _add_row(codes, block.bias, holder[at : at + n], free, near, frames, k, k + 1)
            count[0] += 1 - bad
            count[7] += bad
            continue
        count[0] += 1
        value = large_count(block, row, place + first + k)
        if holder[at + k] == FREE:
            free[k] += value
            frames[k] += 1
        elif holder[at + k] == GUARD:
            near[k] += value
            frames[k] += NEAR_FRAME


@kernel
def _add_chord(block, row, place, holder, patch, count, first, end, at, to):
    """Add foreground pixels first..end, from ``place`` in frame ``row``; ``at`` and ``to``: place in window and patch."""
    for k in range(first, end):
        code = block.codes[row, place + k]
        state, value = np.int32(0), np.int32(code) - block.bias
        if code == BAD_CODE:
            state = BAD
        elif code == OVERLOAD_CODE:
            state = OVERLOAD
        elif holder[at + k] == OWNED:
            state = LOST
        elif code == LARGE_CODE:
            value = large_count(block, row, place + k)
        count[0] += code < OVERLOAD_CODE
        _add_foreground(value, state, patch, to + k, count)


@kernel
def _add_frame(block, row, boxes, panels, i, s, mine, holder, patch, around, count):
    """Add frame ``row`` of the block, in slab s of ellipse ``mine``, to patch and surroundings of reflection i."""
    nx, ny = panels.size[boxes.panel[i]]
    hx, hy = boxes.half[i]
    cx, cy = boxes.core[i]
    width = 2 * hx + 1
    area, top = width * (2 * hy + 1), middle_row(boxes, i, mine) - hy
    for wy in range(2 * hy + 1):
        y = top + wy
        left = middle_column(boxes, i, mine, y) - hx
        first, end = chord(boxes, i, mine, y, boxes.radius[i] ** 2)
        first, end = max(first, left + hx - cx), min(end, left + hx + cx + 1)
        if abs(wy - hy) > cy:
            end = first
        low, high = max(left, 0), min(left + width, nx)
        if y < 0 or y >= ny:
            high = low
        count[8] += max(end - first, 0) - max(min(end, high) - max(first, low), 0)
        if high <= low:
            continue
        place, at = panels.start[boxes.panel[i]] + y * nx + left, wy * width
        ring_first, ring_end = chord(boxes, i, mine, y, boxes.guard[i] ** 2)
        if ring_end <= ring_first:
            ring_first, ring_end = high, high
        ring_first, ring_end = min(max(ring_first, low), high), min(max(ring_end, low), high)
        _add_surroundings(block, row, place, holder, around, area, at, low - left, ring_first - left, count)
        _add_surroundings(block, row, place, holder, around, area, at, ring_end - left, high - left, count)
        to = ((s * (2 * cy + 1)) + wy - hy + cy) * (2 * cx + 1) + cx - hx
        _add_chord(block, row, place, holder, patch, count, max(first, low) - left, min(end, high) - left, at, to)


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
        area = (2 * boxes.half[i, 0] + 1) * (2 * boxes.half[i, 1] + 1)
        patch = patches.values[patches.start[i] :]
        around = surroundings.values[surroundings.start[i] :]
        for z in range(max(boxes.bbox[i, 4], block.first), min(boxes.bbox[i, 5], block.first + len(block.codes))):
            s = (z - boxes.bbox[i, 4]) // boxes.slab[i]
            mine = slab_ellipse(boxes, i, s)
            for at in range(area):
                holder[at] = FREE
            for k in range(n_near):
                j = near[k]
                if boxes.bbox[j, 4] <= z < boxes.bbox[j, 5]:
                    its = slab_ellipse(boxes, j, (z - boxes.bbox[j, 4]) // boxes.slab[j])
                    contested[i] |= _mark(boxes, i, j, mine, its, z, holder)
            _add_frame(block, z - block.first, boxes, panels, i, s, mine, holder, patch, around, counts[i])
