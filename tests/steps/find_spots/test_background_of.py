"""The mean count of what is not strong, image by image."""

import numpy as np
import pytest

from gnomon.steps.find_spots.bad_images import background_of
from gnomon.steps.find_spots.threshold import StrongPixels

NONE = StrongPixels(np.zeros(0, np.int32), np.zeros(0, np.int32))


def image(mean=0.2, shape=(960, 400), seed=0):
    return np.random.default_rng(seed).poisson(mean, shape).astype(np.int32)


def test_the_mean_of_counts_and_how_many_pixels_have_one():
    pixels = image()
    pixels[:, :100] = -1
    background, valid = background_of([pixels], [np.ones(pixels.shape, bool)], [NONE])
    assert background == pytest.approx(0.2, rel=0.1)
    assert valid == 30 * 300


def test_strong_pixels_do_not_count():
    pixels = image()
    index = np.arange(1000, dtype=np.int32) * 77
    pixels.ravel()[index] = 5000
    strong = StrongPixels(index, pixels.ravel()[index])
    background, _ = background_of([pixels, image(seed=1)], [np.ones(pixels.shape, bool)] * 2, [strong, NONE])
    assert background == pytest.approx(0.2, rel=0.1)


def test_a_bright_spot_that_was_not_taken_for_one_makes_no_background():
    pixels = image()
    pixels[64, 200:204] = 3000  # a mean of 1.2 instead of .2
    background, _ = background_of([pixels], [np.ones(pixels.shape, bool)], [NONE])
    assert background == pytest.approx(0.2, rel=0.1)


def test_hardly_any_counts_have_a_mean_too():
    background, _ = background_of([image(1e-3)], [np.ones((960, 400), bool)], [NONE])
    assert background == pytest.approx(1e-3, rel=0.5)


def test_without_pixels_it_is_nought():
    pixels = image()
    assert background_of([pixels], [np.zeros(pixels.shape, bool)], [NONE]) == (0.0, 0)
