"""Neighbours by cells are those of comparing every window with every other."""

import numpy as np
import pytest
from shoeboxes import boxes_of, panels_of, slabs_of, window_at

from gnomon.kernels.crowd import CELL, crowd_of, most_neighbours, neighbours

PANELS = panels_of((100, 70), (33, 64))


def scattered(seed, n=80):
    rng = np.random.default_rng(seed)
    panel = rng.integers(0, 2, n)
    xyz = np.column_stack(
        [rng.uniform(-30, 30, (n, 2)) + PANELS.size[panel] * rng.uniform(size=(n, 2)), rng.uniform(0, 8, n)]
    )
    return boxes_of(
        xyz, sigma=rng.uniform(0.4, 4, n), width=rng.uniform(0.3, 2, n), turn=rng.uniform(-3, 3, n), panel=panel,
        shear=rng.normal(0, 2, n), slab=rng.integers(1, 3, n),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("frames", [(0, 12), (3, 4), (5, 8)])
def test_neighbours_are_all_whose_windows_overlap_each_once(seed, frames):
    boxes = scattered(seed)
    live = np.flatnonzero((boxes.bbox[:, 4] < frames[1]) & (boxes.bbox[:, 5] > frames[0]))[::-1].copy()
    crowd = crowd_of(boxes, PANELS.size, live, *frames)
    found = np.empty(most_neighbours(boxes, crowd, np.arange(len(live))), np.int64)
    total = 0
    for m, i in enumerate(live):
        low = np.maximum(crowd.window[m, ::2], crowd.window[:, ::2])
        high = np.minimum(crowd.window[m, 1::2], crowd.window[:, 1::2])
        overlap = (low < high).all(axis=1) & (boxes.panel[live] == boxes.panel[i]) & (live != i)
        n = neighbours(boxes, crowd, m, found)
        assert sorted(found[:n]) == sorted(live[overlap])
        total += n
    assert total > len(live)


@pytest.mark.parametrize("frames", [(0, 12), (4, 6), (6, 7)])
def test_covers_hold_the_first_and_the_last_window_on_the_panel(frames):
    boxes = scattered(9)
    live = np.flatnonzero((boxes.bbox[:, 4] < frames[1]) & (boxes.bbox[:, 5] > frames[0]))
    crowd = crowd_of(boxes, PANELS.size, live, *frames)
    for i, (x0, x1, y0, y1) in zip(live, crowd.window):
        slabs = [s for s in slabs_of(boxes, i) if s[0] < frames[1] and s[1] > frames[0]]
        inside = [window_at(boxes, PANELS, i, *s, boxes.half[i])[2] for s in (slabs[0], slabs[-1])]
        y, x = np.nonzero(inside[0] | inside[1])
        if len(x):
            assert (x0, x1, y0, y1) == (x.min(), x.max() + 1, y.min(), y.max() + 1) or boxes.shear[i] != 0
            assert x0 <= x.min()
            assert x.max() < x1
            assert y0 <= y.min()
            assert y.max() < y1


def test_a_window_larger_than_a_cell_and_one_in_its_corner_are_neighbours_once():
    boxes = boxes_of([[48.0, 35.0, 4.0], [CELL * 2 + 0.5, CELL + 0.5, 4.0]], sigma=[6.0, 0.5])
    crowd = crowd_of(boxes, PANELS.size, np.arange(2), 0, 12)
    found = np.empty(most_neighbours(boxes, crowd, np.arange(2)), np.int64)
    for m in range(2):
        assert neighbours(boxes, crowd, m, found) == 1
        assert found[0] == 1 - m
