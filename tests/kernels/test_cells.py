"""Cells of pixels against numpy."""

import numpy as np
import pytest

from gnomon.kernels.cells import NO_COUNT, add_images, bin_pixels, level_about

RNG = np.random.default_rng(1)
LOW, HIGH = np.int32(0), np.int32(500)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_bin_pixels(size):
    image = RNG.poisson(3, (20, 31)).astype(np.int32)
    image[4, 7], image[11, 20], image[19, 0] = 501, -1, 500
    m, n = 20 // size, 31 // size
    valid = RNG.random((m, n)) < 0.9
    cells = np.empty((m, n), np.uint16)
    bin_pixels(image, LOW, HIGH, valid, size, np.empty(31, np.int32), cells)
    blocks = image[: m * size, : n * size].reshape(m, size, n, size)
    expected = np.where(((blocks < LOW) | (blocks > HIGH)).any(axis=(1, 3)), NO_COUNT, blocks.sum(axis=(1, 3)))
    np.testing.assert_array_equal(cells, np.where(valid, expected, 0))


def test_high_counts_are_clipped_and_stay_counts():
    image = np.full((4, 4), 2**30, np.int32)
    cells = np.empty((1, 1), np.uint16)
    bin_pixels(image, LOW, np.int32(2**31 - 1), np.ones((1, 1), bool), 4, np.empty(4, np.int32), cells)
    assert cells[0, 0] == NO_COUNT - 1


def test_add_images():
    cells = RNG.poisson(3, (5, 6, 7)).astype(np.uint16)
    cells[2, 1, 3] = cells[4, 1, 3] = cells[0, 5, 6] = NO_COUNT
    total = np.empty((6, 7), np.int32)
    add_images(cells, total)
    np.testing.assert_array_equal(total, np.where((cells == NO_COUNT).any(axis=0), -1, cells.sum(axis=0, dtype=int)))


def test_level_about():
    total = RNG.poisson(8, (12, 15)).astype(np.int32)
    total[3, 4] = -1
    valid, strong = RNG.random((2, 12, 15)) < 0.8
    strong &= RNG.random(strong.shape) < 0.3
    index, reach = np.array([0, 50, 179], np.int32), 2
    level = np.empty(3)
    level_about(total, valid, strong, reach, index, level)
    for k, (y, x) in enumerate(np.stack(np.divmod(index, 15)).T):
        here = slice(max(y - reach, 0), y + reach + 1), slice(max(x - reach, 0), x + reach + 1)
        counted = (valid & ~strong & (total >= 0))[here]
        assert level[k] == pytest.approx(total[here][counted].mean())
    level_about(total, ~valid & valid, strong, reach, index, level)
    assert (level == 0).all()
