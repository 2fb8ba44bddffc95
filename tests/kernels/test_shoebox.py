"""Where a spot is on each frame: rocking curves in slabs, ellipses, their chords, and windows that hold them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shoeboxes import boxes_of, coordinates, panels_of, slabs_of, spot_at, window_at

from gnomon.kernels.shoebox import (
    chord,
    longest,
    middle_column,
    middle_row,
    patch_size,
    shift_on,
    slab_count,
    slab_edges,
    slab_ellipse,
    truncated_normal,
)

PANELS = panels_of((90, 80))


@given(
    rate=st.floats(0.05, 5.0), z_cal=st.floats(3.0, 5.0), shear=st.floats(-3.0, 3.0), s=st.integers(0, 8),
    slab=st.integers(1, 5),
)  # fmt: skip
@settings(max_examples=100, deadline=None)
def test_shift_and_broadening_are_moments_of_the_part_of_the_rocking_curve(rate, z_cal, shear, s, slab):
    boxes = boxes_of([[30, 30, z_cal]], width=1 / rate, shear=shear, slab=slab, depth=20, scan=(0, 40))
    s = min(s, slab_count(boxes, 0) - 1)
    first, end = slabs_of(boxes, 0)[s]
    t = rate * (first + (end - first) * (np.arange(4000) + 0.5) / 4000 - z_cal)
    weight = np.exp(-0.5 * t**2)
    shift, broad = shift_on(boxes, 0, first, end)
    if weight.mean() * rate * (end - first) < 1e-2:  # hardly anything is recorded there
        assert np.isfinite(shift)
        assert 1 <= broad <= np.hypot(1, shear)
        return
    mean = np.average(t, weights=weight)
    variance = np.average((t - mean) ** 2, weights=weight)
    assert shift == pytest.approx(shear * mean, abs=1e-3 * (1 + abs(shear)))
    assert broad == pytest.approx(np.sqrt(1 + shear**2 * variance), rel=2e-3)


@given(low=st.floats(-12, 12), width=st.floats(1e-3, 10))
@settings(max_examples=300, deadline=None)
def test_a_part_of_a_normal_variable_lies_between_its_ends(low, width):
    mean, variance = truncated_normal(low, low + width)
    assert low - 1e-9 <= mean <= low + width + 1e-9
    assert -1e-12 <= variance <= min(1.0, width**2 / 12) + 1e-6  # no broader than a uniform one: boxes rely on it


def test_slabs_cover_the_frames_and_the_last_may_be_short():
    boxes = boxes_of([[30, 30, 6.2], [30, 30, 1.0], [30, 30, 4.0]], width=[1.5, 0.6, 1.1], slab=[3, 1, 2])
    for i in range(3):
        edges = [slab_edges(boxes, i, s) for s in range(slab_count(boxes, i))]
        assert edges == slabs_of(boxes, i)
        assert edges[0][0] == boxes.bbox[i, 4]
        assert edges[-1][1] == boxes.bbox[i, 5]
        assert patch_size(boxes, i) == (2 * boxes.core[i] + 1).prod()
    sizes = [slab_count(boxes, i) * patch_size(boxes, i) for i in range(3)]
    assert longest(boxes, np.arange(3)) == (max(slab_count(boxes, i) for i in range(3)), max(sizes))
    assert longest(boxes, np.array([1])) == (slab_count(boxes, 1), sizes[1])


def random_boxes(rng, n=20):
    return boxes_of(
        np.column_stack([rng.uniform(30, 60, n), rng.uniform(30, 50, n), rng.uniform(2, 10, n)]),
        sigma=rng.uniform(0.4, 2.5, (n, 2)), width=rng.uniform(0.3, 3, n), shear=rng.normal(0, 2, n),
        turn=rng.uniform(-3.2, 3.2, n), skew=rng.uniform(-0.8, 0.8, n), tilt=rng.normal(0, 3e-3, (n, 2)),
        slab=rng.integers(1, 5, n),
    )  # fmt: skip


@given(seed=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_chords_hold_the_pixels_within_the_ellipse_and_windows_all_chords(seed):
    boxes = random_boxes(np.random.default_rng(seed))
    nx, ny = PANELS.size[0]
    x = np.arange(nx)
    for i in range(len(boxes.panel)):
        for s, slab in enumerate(slabs_of(boxes, i)):
            ellipse, (middle, local) = slab_ellipse(boxes, i, s), spot_at(boxes, i, *slab)
            if not (np.abs(middle - [nx / 2, ny / 2]) < 30).all():
                continue
            assert (ellipse.x, ellipse.y) == pytest.approx(middle, abs=1e-6)
            assert [ellipse.c1x, ellipse.c1y, ellipse.c2x, ellipse.c2y] == pytest.approx(local.ravel(), rel=1e-6)
            inside = (coordinates(boxes, PANELS, i, *slab) ** 2).sum(axis=0) <= boxes.radius[i] ** 2
            ends = np.array([chord(ellipse, y, boxes.radius[i] ** 2) for y in range(ny)])
            assert np.array_equal(inside, (x >= ends[:, :1]) & (x < ends[:, 1:]))
            assert (window_at(boxes, PANELS, i, *slab, boxes.core[i])[2] | ~inside).all()


def test_the_middle_of_a_window_is_the_pixel_that_the_middle_of_the_chord_is_in():
    boxes = random_boxes(np.random.default_rng(3))
    for i in range(len(boxes.panel)):
        ellipse = slab_ellipse(boxes, i, 0)
        assert middle_row(ellipse) == np.floor(ellipse.y)
        for row in range(middle_row(ellipse) - 3, middle_row(ellipse) + 4):
            left, right = chord(ellipse, row, 1e4)
            assert abs(middle_column(ellipse, row) - (left + right - 1) / 2) <= 0.5
