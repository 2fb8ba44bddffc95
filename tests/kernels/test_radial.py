"""Levels of rings and strong pixels, against plain numpy."""

import numpy as np
import pytest

from gnomon.kernels.radial import ring_levels, select_above, smooth

SHAPE, N_RINGS = (23, 31), 6


@pytest.fixture
def image():
    rng = np.random.default_rng(8)
    image = rng.poisson(np.linspace(1, 60, SHAPE[1]), SHAPE).astype(np.int32)
    image[rng.random(SHAPE) < 0.03] = 500
    image[4, 5], image[20, 20] = -1, 70_000
    return image, rng.random(SHAPE) > 0.1


def smoothed(image, mask, weights=(1.0,)):
    out = np.empty(SHAPE, np.float32)
    smooth(image, mask, 0.0, 60_000.0, np.array(weights), out)
    return out


@pytest.mark.parametrize("weights", [(1.0,), (1.0, 2.0, 1.0), (1.0, 4.0, 6.0, 4.0, 1.0)])
def test_smoothing_is_a_mean_of_valid_neighbours(image, weights):
    image, mask = image
    valid = mask & (image >= 0) & (image <= 60_000)
    r = len(weights) // 2
    kernel = np.outer(weights, weights)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(np.where(valid, image, 0), r), kernel.shape)
    counted = np.lib.stride_tricks.sliding_window_view(np.pad(valid, r), kernel.shape)
    with np.errstate(invalid="ignore"):
        mean = (windows * kernel).sum(axis=(2, 3)) / (counted * kernel).sum(axis=(2, 3))
    found = smoothed(image, mask, weights)
    np.testing.assert_array_equal(np.isnan(found), ~valid)
    np.testing.assert_allclose(found[valid], mean[valid], rtol=1e-6)


def levels_of(values, ring, n_iqr, floor=2.0):
    starts = np.concatenate([[0], np.cumsum(np.bincount(ring[ring >= 0], minlength=N_RINGS))])
    levels = np.empty(N_RINGS)
    ring_levels(values, ring, starts, n_iqr, floor, np.empty(len(ring), np.float32), np.empty(N_RINGS, int), levels)
    return levels


@pytest.mark.parametrize("n_iqr", [0.0, 2.5, 6.0])
def test_levels_and_strong_pixels_are_those_of_the_twin(image, n_iqr):
    image, mask = image
    values = smoothed(image, mask).ravel()
    ring = np.tile(np.arange(SHAPE[1]) // 7, SHAPE[0]).astype(np.int16)  # the last ring has no pixel
    ring[~mask.ravel()] = -1
    levels = levels_of(values, ring, n_iqr)
    expected = []
    for b in range(N_RINGS - 1):
        ordered = np.sort(values[(ring == b) & ~np.isnan(values)])
        quarter = (len(ordered) - 1) // 4
        middle = ordered[(len(ordered) - 1) // 2]
        expected.append(max(middle + n_iqr * (ordered[-1 - quarter] - ordered[quarter]), 2.0))
    np.testing.assert_allclose(levels[:-1], expected)
    assert levels[-1] == np.inf
    index, value = np.empty(image.size, np.int32), np.empty(image.size, np.int32)
    n = select_above(image.ravel(), values, ring, levels, index, value)
    with np.errstate(invalid="ignore"):
        strong = (ring >= 0) & (values > levels[np.maximum(ring, 0)])
    np.testing.assert_array_equal(index[:n], np.flatnonzero(strong))
    np.testing.assert_array_equal(value[:n], image.ravel()[strong])
    assert n > 10


def test_a_ring_of_equal_counts_has_its_count_as_level_but_at_least_the_floor():
    ring = np.repeat(np.arange(N_RINGS), 50).astype(np.int16)
    values = np.repeat(np.float32([0, 1, 2, 3, 10, 1000]), 50)
    np.testing.assert_array_equal(levels_of(values, ring, 6.0), [2, 2, 2, 3, 10, 1000])
