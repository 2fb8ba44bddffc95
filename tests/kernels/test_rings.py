"""Backgrounds on a powder ring: sums come back on it, and nothing is changed where there is none."""

import numpy as np
import pytest
from shoeboxes import boxes_of, expected, gathered, panels_of

from gnomon.kernels.background import estimate_background
from gnomon.kernels.gather import COUNTS
from gnomon.kernels.rings import STRIPS, level_rings
from gnomon.kernels.summation import sum_reflections

PANELS, USED = panels_of((60, 50)), COUNTS.index("background_used")


def measured(frames, boxes):
    """total (N, 4), background (N, 6), uneven (N,) and pixels used (N,), before and after."""
    n, found = len(boxes.panel), []
    held = gathered(boxes, PANELS, frames)
    which, background, uneven = np.arange(n), np.zeros((n, 6)), np.ones(n, bool)
    estimate_background(boxes, PANELS, held.around, which, 1.345, 10, False, held.counts, background)
    for mend in (False, True):
        if mend:
            level_rings(boxes, PANELS, held.around, which, held.counts, background, uneven)
        total, moments = np.zeros((n, 4)), np.zeros((n, 6))
        sum_reflections(boxes, PANELS, held.patches, which, background, held.counts, total, moments)
        found.append((total, background.copy(), held.counts[:, USED].copy()))
    return *found, uneven, held


def rate_of(boxes, intensity, ring, width=0.8, middle=25.4, level=2.0):
    """(12, 3000) photons: a spot on a flat background and a ring along the rows, c2 being along y."""
    y = np.mgrid[:50, :60][0] + 0.5
    powder = level + ring * np.exp(-0.5 * ((y - middle) / width) ** 2)
    return expected(boxes, PANELS, 0, intensity, 12) + np.broadcast_to(powder.ravel(), (12, 3000))


def test_the_level_is_the_mean_beside_the_foreground_strip_by_strip():
    boxes = boxes_of([[30.2, 25.4, 6.0]])
    frames = np.random.default_rng(0).poisson(rate_of(boxes, 500.0, 20.0)).astype(np.int32)
    _, (_, background, used), uneven, _ = measured(frames, boxes)
    y, x = np.mgrid[:50, :60] + 0.5
    c = np.stack([x - 30.2, y - 25.4]) / 1.2
    first, end = boxes.bbox[0, 4:]
    data = frames[first:end].sum(axis=0).reshape(50, 60)
    hx, hy = boxes.half[0]
    window = (np.abs(np.floor(x) - 30) <= hx) & (np.abs(np.floor(y) - 25) <= hy)
    ring = window & (np.hypot(*c) > boxes.guard[0])
    strip = np.floor((c[1] / boxes.radius[0] + 1) * STRIPS / 2).astype(int)
    chords = np.sqrt(1 - ((np.arange(STRIPS) + 0.5) * 2 / STRIPS - 1) ** 2)
    rates = [
        data[ring & (strip == s)].sum() / ((end - first) * (ring & (strip == s)).sum())
        for s in range(STRIPS)
        if (ring & (strip == s)).any()
    ]
    weights = [chords[s] for s in range(STRIPS) if (ring & (strip == s)).any()]
    assert uneven.tolist() == [True]
    assert background[0, 0] == pytest.approx(np.average(rates, weights=weights))
    assert 1 <= used[0] < ring.sum() * (end - first)


@pytest.mark.parametrize("off", [0.0, 1.0, 2.5, 5.0])
def test_sums_on_a_ring_come_back(off):
    """Wherever it crosses: under the spot and above what was found, or beside it, and that was too high."""
    z, before, flagged = [], [], []
    for seed in range(60):
        at = np.array([[30.0, 25.0, 5.5]]) + np.random.default_rng(seed).uniform(0, 1, 3)
        boxes = boxes_of(at)
        rate = rate_of(boxes, 800.0, 20.0, middle=at[0, 1] + off)
        frames = np.random.default_rng(1000 + seed).poisson(rate).astype(np.int32)
        (old, *_), (total, *_), uneven, _ = measured(frames, boxes)
        flagged.append(uneven[0])
        before.append((old[0, 0] - 800) / np.sqrt(old[0, 1]))
        z.append((total[0, 0] - 800) / np.sqrt(total[0, 1]))
    assert abs(np.mean(z)) < (0.5 if off < 4 else 0.9)  # by what too little to be seen raises the background
    assert np.std(z) < (1.35 if off < 4 else 1.5)
    if off < 2:
        assert np.mean(flagged) == 1
        assert np.mean(before) > 3


def test_flat_backgrounds_and_stray_spots_on_one_side_are_left_alone():
    flagged = 0
    for seed in range(100):
        boxes = boxes_of([[30.2, 25.4, 6.0]])
        rate = rate_of(boxes, 300.0, 0.0)
        stray = boxes_of([[36.5, 25.0, 6.0]])
        if seed % 2:
            rate = rate + expected(stray, PANELS, 0, 2000.0, 12)
        frames = np.random.default_rng(seed).poisson(rate).astype(np.int32)
        (old, level, _), (total, same, _), uneven, _ = measured(frames, boxes)
        flagged += uneven[0]
        if not uneven[0]:
            assert np.array_equal(old, total)
            assert np.array_equal(level, same)
    assert flagged <= 1
