"""Pixels that stand out, against plain numpy."""

import numpy as np
import pytest

from gnomon.kernels.outlying import DEAD, GOOD, HOT, NO_DATA, WARM, add_image, classify

SIGMA, GAIN, SHAPE = 6.0, 1.5, (12, 15)


def neighbours(values, valid, j, i):
    """The valid ones of the eight, ascending."""
    part = np.s_[max(j - 1, 0) : j + 2, max(i - 1, 0) : i + 2]
    chosen = valid[part].copy()
    chosen[j - max(j - 1, 0), i - max(i - 1, 0)] = False
    return np.sort(values[part][chosen])


def twin(images, mask, high):
    """Sums over images of what add_image takes, and how often pixels were hot and valid."""
    total, hot, seen = np.zeros(SHAPE), np.zeros(SHAPE, int), np.zeros(SHAPE, int)
    for image in images:
        valid = mask & (image >= 0) & (image <= high)
        for j, i in np.argwhere(valid):
            around = neighbours(image, valid, j, i)
            limit = np.inf
            if len(around):
                median = around[(len(around) - 1) // 2]
                limit = median + SIGMA * np.sqrt(GAIN * max(median, GAIN))
            total[j, i] += min(image[j, i], limit)
            hot[j, i] += image[j, i] > limit
            seen[j, i] += 1
    return total, hot, seen


def sums(images, mask, high=1000):
    total, hot, seen = np.zeros(SHAPE), np.zeros(SHAPE, np.int32), np.zeros(SHAPE, np.int32)
    for image in images:
        add_image(image, mask, 0.0, float(high), GAIN, SIGMA, total, hot, seen)
    return total, hot, seen


@pytest.mark.parametrize("background", [0.3, 20.0])
def test_sums_are_those_of_the_twin(background):
    rng = np.random.default_rng(5)
    images = rng.poisson(background, (6, *SHAPE)).astype(np.int32)
    images[rng.random(images.shape) < 0.05] = 300
    images[rng.random(images.shape) < 0.05] = -1
    images[2, 3, 4] = 2000
    mask = rng.random(SHAPE) > 0.1
    found, expected = sums(images, mask), twin(images, mask, 1000)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-12)
    np.testing.assert_array_equal(found[1], expected[1])
    np.testing.assert_array_equal(found[2], expected[2])
    assert expected[1].any()


def kinds(images, mask):
    kind = np.empty(SHAPE, np.uint8)
    classify(*sums(images, mask), mask, GAIN, SIGMA, 0.5, 3.0, kind)
    return kind


def test_each_kind_is_told_and_nothing_else_is_bad():
    images = np.random.default_rng(2).poisson(10, (40, *SHAPE)).astype(np.int32)
    images[:, 2, 2] += 200  # hot
    images[:, 4, 8:10] = 0  # two dead ones side by side
    images[:, 9, 3] = -1  # no data
    images[::3, 6, 6] += 5000  # now and then, as Bragg spots do: good, however strong
    images[:, 6, 12] *= 4  # warm: seldom six sigma above its neighbours on one image
    images[:, 6, 12] -= images[:, 6, 12] // 6
    mask = np.ones(SHAPE, bool)
    mask[0] = False
    expected = np.full(SHAPE, GOOD)
    expected[2, 2], expected[4, 8:10], expected[9, 3] = HOT, DEAD, NO_DATA
    kind = kinds(images, mask)
    assert kind[6, 12] in (HOT, WARM)
    kind[6, 12] = GOOD
    np.testing.assert_array_equal(kind, expected)


def test_a_faint_pixel_that_adds_up_is_warm():
    images = np.random.default_rng(2).poisson(1.0, (60, *SHAPE)).astype(np.int32)
    images[:, 5, 5] = np.random.default_rng(3).poisson(5.0, 60)
    kind = kinds(images, np.ones(SHAPE, bool))
    assert np.argwhere(kind != GOOD).tolist() == [[5, 5]]
    assert kind[5, 5] == WARM


def test_the_corner_of_a_shadow_is_not_dead():
    images = np.random.default_rng(2).poisson(30, (30, *SHAPE)).astype(np.int32)
    images[:, 5:, 7:] = np.random.default_rng(4).poisson(0.5, images[:, 5:, 7:].shape)
    assert (kinds(images, np.ones(SHAPE, bool)) == GOOD).all()
