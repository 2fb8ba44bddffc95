"""Strong pixels: the kernels against plain-numpy twins, and what must hold for any image."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.kernels.dispersion import CLIP, Frame, Window
from gnomon.kernels.dispersion_bounds import low_limits
from gnomon.kernels.threshold import WIDEST, Background, find_strong, scratch_for

SIGMA_B, SIGMA_S = 6.0, 3.0


def window_sum(values, k):
    """Sums over windows of half width k, cut at the edges."""
    padded = np.pad(values.astype(np.int64), k)
    return np.lib.stride_tricks.sliding_window_view(padded, (2 * k + 1, 2 * k + 1)).sum(axis=(2, 3))


def dispersed_twin(image, valid, k, gain, min_local):
    x = np.where(valid, image, 0).astype(np.int64)
    n, s, q = window_sum(valid, k), window_sum(x, k), window_sum(x * x, k)
    free = np.maximum(n - 1, 0)
    excess = n * q - s * s - gain * s * (free + SIGMA_B * np.sqrt(2 * free))
    return valid & (n >= min_local) & (excess > 0)


def cores_twin(image, valid, k, gain, extended):
    dispersed = dispersed_twin(image, valid, k, gain, 2)
    if not extended:
        return dispersed
    padded = np.pad(dispersed, k - 1, constant_values=True)
    return np.lib.stride_tricks.sliding_window_view(padded, (2 * k - 1, 2 * k - 1)).all(axis=(2, 3))


def strong_twin(image, valid, k, gain, extended):
    cores = cores_twin(image, valid, k, gain, extended)
    background, wide = (valid & ~cores, k + 2) if extended else (valid, k)
    n, s = window_sum(background, wide), window_sum(np.where(background, image, 0), wide)
    mean = np.maximum(s / np.maximum(n, 1), 0)
    return cores & (image > 0) & (image >= mean + SIGMA_S * np.sqrt(gain * mean))


NO_LIMITS = (np.int32(0),) * 3
ALL = {"sigma_strong": -1e9, "threshold": -(1 << 31)}
"""So low a threshold that every core is strong."""


def run(image, mask, k=3, gain=1.0, extended=True, low=0, high=1 << 30, sigma_strong=SIGMA_S, threshold=0):
    """The strong pixels and their counts; by low counts too where these can tell, which must agree."""
    frame = Frame(image, mask, np.int32(low), np.int32(high))
    window = Window(k, k, *((k - 1,) * 2 if extended else (0, 0)), 2, gain, SIGMA_B)
    wide = k + 2 if extended else k
    background = Background(wide, wide, not extended, gain, sigma_strong, threshold)
    limits = low_limits((2 * k + 1) ** 2, gain, SIGMA_B) if low >= 0 else None
    scratch, results = scratch_for(image.shape, window, background), []
    for known in [NO_LIMITS] if limits is None else [NO_LIMITS, tuple(map(np.int32, limits))]:
        index, value = np.empty((2, image.size), np.int32)
        n = find_strong(frame, window, background, known, scratch, index, value)
        if n >= 0:
            results.append((index[:n], value[:n]))
    for result in results:
        np.testing.assert_array_equal(result, results[0])
    return results[0]


def image_with_spots(seed, shape=(37, 53), background=2.0, brightest=30):
    rng = np.random.default_rng(seed)
    image = rng.poisson(background, shape).astype(np.int32)
    for mean in np.linspace(30, brightest, 5):
        y, x = rng.integers(0, shape[0]), rng.integers(0, shape[1])
        image[y : y + 3, x : x + 2] += rng.poisson(mean, image[y : y + 3, x : x + 2].shape).astype(np.int32)
    return image


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    background=st.sampled_from([0.02, 1.0, 30.0, 300.0]),
    gain=st.sampled_from([1.0, 1.7]),
    extended=st.booleans(),
    k=st.sampled_from([1, 2, 3, 4]),
    brightest=st.sampled_from([30, 200, 3000]),
    shape=st.sampled_from([(37, 53), (36, 150), (41, 8), (1, 90), (90, 1), (3, 4)]),
)
def test_equals_the_twin(seed, background, gain, extended, k, brightest, shape):
    image = image_with_spots(seed, shape, background, brightest)
    mask = np.random.default_rng(seed).random(image.shape) > 0.05
    image[image.shape[0] // 2, 0] = -1  # out of the trusted range
    valid = mask & (image >= 0)
    cores, _ = run(image, mask, k, gain, extended, **ALL)
    np.testing.assert_array_equal(cores, np.flatnonzero(cores_twin(image, valid, k, gain, extended)))
    index, value = run(image, mask, k, gain, extended)
    np.testing.assert_array_equal(index, np.flatnonzero(strong_twin(image, valid, k, gain, extended)))
    np.testing.assert_array_equal(value, image.ravel()[index])


def test_a_wide_bright_area_is_tested_in_pieces():
    image = np.random.default_rng(5).poisson(1, (60, 5 * WIDEST)).astype(np.int32)
    image[20:40, 7:] += np.random.default_rng(6).integers(0, 60, (20, 5 * WIDEST - 7), dtype=np.int32)
    valid = np.ones(image.shape, bool)
    for extended in (True, False):
        index, _ = run(image, valid, extended=extended)
        np.testing.assert_array_equal(index, np.flatnonzero(strong_twin(image, valid, 3, 1.0, extended)))


def test_nothing_is_left_for_the_next_image():
    image = image_with_spots(7)
    mask = np.ones(image.shape, bool)
    frame = Frame(image, mask, np.int32(0), np.int32(1 << 30))
    window, background = Window(3, 3, 2, 2, 2, 1.0, SIGMA_B), Background(5, 5, False, 1.0, SIGMA_S, 0)
    scratch, found = scratch_for(image.shape, window, background), []
    for pixels in (image, image[::-1].copy(), image):
        index, value = np.empty((2, image.size), np.int32)
        n = find_strong(frame._replace(image=pixels), window, background, NO_LIMITS, scratch, index, value)
        found.append((index[:n], value[:n]))
    assert len(found[0][0]) > 0
    np.testing.assert_array_equal(found[0], found[2])


def test_a_planted_spot_is_found_and_its_surroundings_are_not():
    image = np.random.default_rng(3).poisson(4, (60, 60)).astype(np.int32)
    image[30:33, 20:22] = 80
    index, value = run(image, np.ones(image.shape, bool))
    expected = {(y, x) for y in (30, 31, 32) for x in (20, 21)}
    assert {tuple(divmod(int(i), 60)) for i in index} == expected
    assert (value == 80).all()


@pytest.mark.parametrize("extended", [True, False])
def test_poisson_background_holds_next_to_no_strong_pixels(extended):
    image = np.random.default_rng(1).poisson(10, (400, 400)).astype(np.int32)
    index, _ = run(image, np.ones(image.shape, bool), extended=extended)
    assert len(index) < 5


def test_huge_counts_do_not_overflow():
    image = np.full((30, 30), 10, np.int32)
    image[15, 15] = 2**31 - 1
    mask = np.ones(image.shape, bool)
    dispersed, _ = run(image, mask, extended=False, high=2**31 - 1, **ALL)
    index, value = run(image, mask, high=2**31 - 1)
    assert dispersed.tolist() == [y * 30 + x for y in range(12, 19) for x in range(12, 19)]
    assert index.tolist() == [15 * 30 + 15]
    assert value.tolist() == [2**31 - 1]
    assert CLIP**2 * 49 < 2**53  # the sums of squares stay whole numbers


def test_counts_outside_the_trusted_range_are_not_looked_at():
    image = np.full((30, 30), 10, np.int32)
    image[15, 15] = 5000
    index, _ = run(image, np.ones(image.shape, bool), extended=False, high=4999, **ALL)
    assert len(index) == 0


@pytest.mark.parametrize("n", [9, 25, 49, 121])
@pytest.mark.parametrize("gain", [0.5, 1.0, 2.3])
def test_what_low_counts_tell_holds_for_true_ones(n, gain):
    limits = low_limits(n, gain, SIGMA_B)
    assert limits is not None
    clip, excess, most = limits
    rng = np.random.default_rng(n)
    for rate in (0.1, 1, 5, clip / 3, clip, 3 * clip):  # windows at the edge: a bright pixel on a background
        counts = rng.poisson(rate, (2000, n))
        counts[:, 0] += rng.integers(0, 4 * clip, 2000)
        valid = rng.random((2000, n)) < rng.uniform(0.1, 1.2, (2000, 1))
        x, low = counts * valid, np.minimum(counts, clip) * valid
        m, t, q = valid.sum(1), x.sum(1), (x**2).sum(1)
        free = np.maximum(m - 1, 0)
        dispersed = m * q - t**2 - gain * t * (free + SIGMA_B * np.sqrt(2 * free)) > 0
        total, square = low.sum(1), (low**2).sum(1)
        assert (total.max() < 2**13) & (square.max() < 2**19)
        kept = (n * square > total * (total + excess)) | (total > most)
        assert not (dispersed & ~kept).any()


def test_high_counts_are_left_to_the_kernel_for_any():
    image = np.random.default_rng(2).poisson(1000, (60, 70)).astype(np.int32)
    frame = Frame(image, np.ones(image.shape, bool), np.int32(0), np.int32(1 << 30))
    window, background = Window(3, 3, 2, 2, 2, 1.0, SIGMA_B), Background(5, 5, False, 1.0, SIGMA_S, 0)
    limits, scratch = tuple(map(np.int32, low_limits(49, 1.0, SIGMA_B))), scratch_for(image.shape, window, background)
    assert find_strong(frame, window, background, limits, scratch, *np.empty((2, image.size), np.int32)) == -1
    assert low_limits(49, 50.0, SIGMA_B) is None


def test_negative_counts_that_are_trusted_enter_the_sums():
    image = np.random.default_rng(4).normal(0, 3, (40, 40)).round().astype(np.int32)
    image[20, 20] = 90
    index, _ = run(image, np.ones(image.shape, bool), extended=False, low=-1000, high=1000, **ALL)
    x = image.astype(np.int64)
    counted, total, square = (window_sum(values, 3) for values in (np.ones_like(x), x, x * x))
    excess = counted * square - total**2 - total * (counted - 1)
    limit = SIGMA_B * total * np.sqrt(2.0 * (counted - 1))
    above = (x >= 0) | (total > 0)  # a mean below zero is taken as zero, below which nothing is strong
    np.testing.assert_array_equal(index, np.flatnonzero((excess > 0) & (excess**2 > limit**2) & above))
