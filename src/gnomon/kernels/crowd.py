"""Which reflections are near each other on a few frames: those that are there, listed by square cells of the panels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gnomon.kernels.jit import kernel
from gnomon.kernels.shoebox import middle_column, middle_row, slab_ellipse

CELL = 32
"""Pixels along the side of a cell: as wide as the window of a usual spot."""


class Crowd(NamedTuple):
    """M reflections on some frames, and for each cell those whose windows reach into it."""

    live: np.ndarray  # (M,) int64, numbers of the reflections
    window: np.ndarray  # (M, 4) int32, x0, x1, y0, y1 of the pixels that its windows cover on these frames
    cell: np.ndarray  # (P,) int64, where the cells of each panel begin
    columns: np.ndarray  # (P,) int64, cells in a row of cells
    begin: np.ndarray  # (n_cells + 1,) int64: where the members of each cell begin
    member: np.ndarray  # int32, places in ``live``


@kernel
def _corners(boxes, i, s):
    """Left, right, top and bottom (behind the last) of the window of slab s."""
    hx, hy = boxes.half[i]
    ellipse = slab_ellipse(boxes, i, s)
    y = middle_row(ellipse)
    low, high = middle_column(ellipse, y - hy), middle_column(ellipse, y + hy)
    return min(low, high) - hx, max(low, high) + hx + 1, y - hy, y + hy + 1


@kernel
def cover_windows(boxes, sizes, live, first, end, window):
    """Fill ``window`` (M, 4) with the pixels, on the panels of ``sizes``, that windows cover on frames first..end."""
    for m in range(live.size):
        i = live[m]
        one = _corners(boxes, i, (max(first, boxes.bbox[i, 4]) - boxes.bbox[i, 4]) // boxes.slab[i])
        other = _corners(boxes, i, (min(end, boxes.bbox[i, 5]) - 1 - boxes.bbox[i, 4]) // boxes.slab[i])
        nx, ny = sizes[boxes.panel[i]]
        window[m, 0], window[m, 1] = max(min(one[0], other[0]), 0), min(max(one[1], other[1]), nx)
        window[m, 2], window[m, 3] = max(min(one[2], other[2]), 0), min(max(one[3], other[3]), ny)


@kernel
def count_members(panel, window, cell, columns, count):
    """Add to ``count`` (n_cells,) the windows (M, 4), on panels (M,), that reach into each cell."""
    for m in range(len(window)):
        x0, x1, y0, y1 = window[m]
        for row in range(y0 // CELL, (y1 + CELL - 1) // CELL):
            for column in range(x0 // CELL, (x1 + CELL - 1) // CELL):
                count[cell[panel[m]] + row * columns[panel[m]] + column] += 1


@kernel
def list_members(panel, window, cell, columns, next_, member):
    """Write each window's number into ``member`` at ``next_`` (n_cells,) of its cells, which moves on."""
    for m in range(len(window)):
        x0, x1, y0, y1 = window[m]
        for row in range(y0 // CELL, (y1 + CELL - 1) // CELL):
            for column in range(x0 // CELL, (x1 + CELL - 1) // CELL):
                at = cell[panel[m]] + row * columns[panel[m]] + column
                member[next_[at]] = m
                next_[at] += 1


def crowd_of(boxes, sizes, live, first, end):
    """The reflections ``live`` (M,) on the half-open range of frames; ``sizes`` (P, 2): pixels of the panels."""
    shape = -(-sizes // CELL)
    ends = np.cumsum(shape[:, 0] * shape[:, 1])
    cell, columns = np.concatenate([[0], ends[:-1]]), np.ascontiguousarray(shape[:, 0])
    window, count = np.empty((len(live), 4), np.int32), np.zeros(ends[-1], np.int64)
    cover_windows(boxes, sizes, live, first, end, window)
    panel = boxes.panel[live]
    count_members(panel, window, cell, columns, count)
    begin = np.concatenate([[0], np.cumsum(count)])
    member = np.empty(begin[-1], np.int32)
    list_members(panel, window, cell, columns, begin[:-1].copy(), member)
    return Crowd(live, window, cell, columns, begin, member)


@kernel
def neighbours(boxes, crowd, m, found):
    """How many others have a window that overlaps that of member ``m``; their numbers are written to ``found``.

    At most ``found.size`` of them: the longest list there can be is that of all members of its cells.
    """
    i, n = crowd.live[m], 0
    panel, columns = boxes.panel[i], crowd.columns[boxes.panel[i]]
    x0, x1, y0, y1 = crowd.window[m]
    for row in range(y0 // CELL, (y1 + CELL - 1) // CELL):
        for column in range(x0 // CELL, (x1 + CELL - 1) // CELL):
            at = crowd.cell[panel] + row * columns + column
            for k in range(crowd.begin[at], crowd.begin[at + 1]):
                other = crowd.member[k]
                left, top = max(x0, crowd.window[other, 0]), max(y0, crowd.window[other, 2])
                if other == m or left >= min(x1, crowd.window[other, 1]) or top >= min(y1, crowd.window[other, 3]):
                    continue
                if left // CELL == column and top // CELL == row:  # the first of the cells that both are in
                    found[n] = crowd.live[other]
                    n += 1
    return n


@kernel
def most_neighbours(boxes, crowd, members):
    """An upper bound of the neighbours of any of ``members``."""
    most = 1
    for m in members:
        panel = boxes.panel[crowd.live[m]]
        columns = crowd.columns[panel]
        x0, x1, y0, y1 = crowd.window[m]
        n = 0
        for row in range(y0 // CELL, (y1 + CELL - 1) // CELL):
            for column in range(x0 // CELL, (x1 + CELL - 1) // CELL):
                at = crowd.cell[panel] + row * columns + column
                n += crowd.begin[at + 1] - crowd.begin[at]
        most = max(most, n)
    return most
