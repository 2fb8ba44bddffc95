"""Strong pixels of an image by the dispersion of their neighbours. Winter et al. (2018), Acta Cryst. D74, 85.

About a core all pixels within reach are dispersed. Some of them lie in the middle row of the block of 2 reach + 1 rows
that the core is in: so that row alone tells where in a block there may be cores, and only there all pixels are tested.
"""

from typing import NamedTuple

import numpy as np

from gnomon.kernels.dispersion import CORE, NUMBER_BITS, Window, box_sum, clear_edges, mark_cores
from gnomon.kernels.dispersion_bounds import all_along, may_be_dispersed, may_be_dispersed_low
from gnomon.kernels.jit import kernel

STRONG = 2
"""State of a core that is strong."""

TOGETHER = 8
"""Pixels whose flags are looked at as one word: few are set."""

WIDEST = 64
"""Columns of a box in which pixels are tested exactly."""


class Background(NamedTuple):
    """How a core must exceed the mean of the pixels about it: those of (2 kx + 1, 2 ky + 1) that are valid.

    Strong is x > threshold and x >= mean + sigma_strong sqrt(gain mean), the mean being zero where there are none.
    Cores enter the mean if ``with_cores``.
    """

    kx: int
    ky: int
    with_cores: bool
    gain: float
    sigma_strong: float
    threshold: int


class Scratch(NamedTuple):
    """What :func:`find_strong` writes into, for images of one size; made by :func:`scratch_for`."""

    low_columns: np.ndarray
    low_sums: np.ndarray
    columns: np.ndarray
    sums: np.ndarray
    flags: np.ndarray
    wanted: np.ndarray
    words: np.ndarray
    total: np.ndarray
    square: np.ndarray
    depth: np.ndarray
    states: np.ndarray
    spans: np.ndarray
    number: np.ndarray


def scratch_for(shape: tuple[int, ...], window: Window, background: Background) -> Scratch:
    """Memory for images of this shape (ny, nx): some rows, and no more for more images."""
    nx, height = shape[1], 2 * window.reach_y + 1
    kept = 2 * -(-background.ky // height) + 2  # blocks: the one read, and those whose cores its background needs
    rows = height + 2 * max(window.reach_y + window.ky, background.ky) + 1
    columns = WIDEST + 2 * max(window.reach_x + window.kx, background.kx) + 1
    wide = nx + 2 * window.kx
    wanted = np.zeros(-(-nx // TOGETHER) * TOGETHER, np.uint8)
    return Scratch(
        low_columns=np.zeros(wide, np.uint32),
        low_sums=np.zeros(nx, np.uint32),
        columns=np.zeros((3, wide)),
        sums=np.zeros((3, nx)),
        flags=np.ones(nx + 2 * window.reach_x, np.uint8),
        wanted=wanted,
        words=wanted.view(np.uint64),
        total=np.zeros((rows, columns), np.int64),
        square=np.zeros((rows, columns), np.int64),
        depth=np.zeros(columns, np.int32),
        states=np.zeros((kept * height, nx), np.uint8),
        spans=np.zeros((kept, nx // 2 + nx // WIDEST + 2, 2), np.int32),
        number=np.zeros(kept, np.int32),
    )


@kernel
def _list_spans(wanted, words, nx, spans):
    """The number of spans of neighbours that are wanted: cut at WIDEST. out: spans (m, 2), half-open."""
    n = 0
    begin = -1
    for word in range(len(words)):
        if words[word] == 0 and begin < 0:
            continue
        for i in range(TOGETHER * word, TOGETHER * word + TOGETHER):
            inside = i < nx and wanted[i] > 0
            if begin >= 0 and (not inside or i - begin == WIDEST):
                spans[n, 0], spans[n, 1] = begin, i
                n += 1
                begin = -1
            if inside and begin < 0:
                begin = i
    if begin >= 0:
        spans[n, 0], spans[n, 1] = begin, nx
        n += 1
    return n


@kernel
def _sum_background(frame, states, leave_out, top, bottom, left, right, total):
    """A summed-area table of a box's valid pixels of states below leave_out. out: total as of _sum_counts."""
    clear_edges(bottom - top, right - left, total)
    for j in range(bottom - top):
        row, used = frame.image[top + j, left:right], frame.mask[top + j, left:right]
        state = states[(top + j) % len(states), left:right]
        above, here = total[j, 1:], total[j + 1, 1:]
        t = np.int64(0)
        for i in range(right - left):
            counted = np.int64(used[i] & (row[i] >= frame.low) & (row[i] <= frame.high) & (state[i] < leave_out))
            t += ((np.int64(row[i]) << NUMBER_BITS) + 1) * counted
            here[i] = above[i] + t


@kernel
def _mark_strong(frame, background, top, bottom, left, right, total, states):
    """Makes STRONG the cores of a box that are. scratch: total (n, k) int64, as of mark_cores."""
    ny, nx = frame.image.shape
    kx, ky = background.kx, background.ky
    y0, x0 = max(top - ky, 0), max(left - kx, 0)
    leave_out = STRONG + 1 if background.with_cores else CORE
    _sum_background(frame, states, leave_out, y0, min(bottom + ky, ny), x0, min(right + kx, nx), total)
    for y in range(top, bottom):
        above, below = total[max(y - ky, 0) - y0], total[min(y + ky + 1, ny) - y0]
        row, state = frame.image[y], states[y % len(states)]
        for x in range(left, right):
            if state[x] == 0 or row[x] <= background.threshold:
                continue
            t = box_sum(above, below, max(x - kx, 0) - x0, min(x + kx + 1, nx) - x0)
            n = t & ((1 << NUMBER_BITS) - 1)
            mean = max((t >> NUMBER_BITS) / n, 0.0) if n > 0 else 0.0
            if row[x] >= mean + background.sigma_strong * np.sqrt(background.gain * mean):
                state[x] = STRONG


@kernel
def _take_strong(frame, top, bottom, spans, states, index, value, found):
    """The number of strong pixels listed, after ``found`` of them, with those of a block."""
    for y in range(top, bottom):
        row, state = frame.image[y], states[y % len(states)]
        for k in range(len(spans)):
            for x in range(spans[k, 0], spans[k, 1]):
                if state[x] == STRONG:
                    index[found] = y * len(row) + x
                    value[found] = row[x]
                    found += 1
    return found


@kernel
def _forget(spans, states):
    """Zeros what an earlier block left in its rows of states."""
    for y in range(len(states)):
        for k in range(len(spans)):
            for x in range(spans[k, 0], spans[k, 1]):
                states[y, x] = 0


@kernel
def find_strong(frame, window, background, limits, s, index, value):
    """The number of strong pixels; or -1 where too many counts are high for ``limits`` to rule pixels out.

    frame, window, background: see there. limits: of :func:`gnomon.kernels.dispersion_bounds.low_limits` as int32, for
    which frame.low >= 0; or zeros. s: of :func:`scratch_for`.
    out: index (ny nx,) int32 into the flat image, ascending, and value (ny nx,) int32.
    """
    ny, nx = frame.image.shape
    height, kept = 2 * window.reach_y + 1, len(s.number)
    blocks, behind = (ny + height - 1) // height, kept // 2
    flags = s.flags[window.reach_x : window.reach_x + nx]  # beside them, outside the image, all are set
    s.states[:] = 0
    s.number[:] = 0
    found, patience = np.int64(0), blocks * nx // 8
    for step in range(blocks + behind):
        if step < blocks:  # list where there may be cores
            slot, y = step % kept, step * height + window.reach_y
            _forget(s.spans[slot, : s.number[slot]], s.states[slot * height : (slot + 1) * height])
            if limits[0] > 0:
                may_be_dispersed_low(frame, window, limits, min(y, ny - 1), s.low_columns, s.low_sums, flags)
            else:
                before = y - height if step > 0 else -1
                may_be_dispersed(frame, window, before, min(y, ny - 1), s.columns, s.sums, flags)
            all_along(s.flags, window.reach_x, s.wanted[:nx])
            s.number[slot] = _list_spans(s.wanted, s.words, nx, s.spans[slot])
        if 0 < step <= blocks:  # find those one block up, now that all rows they need are in the cache
            slot, top = (step - 1) % kept, (step - 1) * height
            for left, right in s.spans[slot, : s.number[slot]]:
                mark_cores(frame, window, top, min(top + height, ny), left, right, s.total, s.square, s.depth, s.states)
                patience -= right - left
            if patience < 0 and limits[0] > 0:
                return -1
        if step >= behind:  # select among those about which all cores are known
            slot, top = (step - behind) % kept, (step - behind) * height
            spans, bottom = s.spans[slot, : s.number[slot]], min(top + height, ny)
            for left, right in spans:
                _mark_strong(frame, background, top, bottom, left, right, s.total, s.states)
            found = _take_strong(frame, top, bottom, spans, s.states, index, value, found)
    return found
