"""Strong pixels: the kernels against plain-numpy twins, and what must hold for any image."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.kernels.dispersion import CLIP, TOGETHER, find_dispersed
from gnomon.kernels.dispersion_low import find_dispersed_low, low_limits
from gnomon.kernels.threshold import find_strong

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


def strong_twin(image, valid, k, gain, extended):
    signal = dispersed_twin(image, valid, k, gain, 2)
    core = np.zeros_like(signal)
    if extended:
        padded = np.pad(signal, k - 1, constant_values=True)
        core = np.lib.stride_tricks.sliding_window_view(padded, (2 * k - 1, 2 * k - 1)).all(axis=(2, 3)) & signal
        k += 2
    background = valid & ~core
    n, s = window_sum(background, k), window_sum(np.where(background, image, 0), k)
    mean = np.maximum(s / np.maximum(n, 1), 0)
    return (core if extended else signal) & (image > 0) & (image >= mean + SIGMA_S * np.sqrt(gain * mean))


def scratch(nx, k):
    """Rows for find_dispersed_low, for find_dispersed, and for both."""
    flags = np.zeros(-(-nx // TOGETHER) * TOGETHER, np.uint8)
    depth, wide = (2 * k + 1, nx), nx + 2 * k
    low = np.empty(depth, np.uint8), np.empty(wide, np.uint32), np.empty(wide, np.int16), np.empty(nx, np.uint32)
    any_ = np.empty(depth, np.int32), np.empty(depth, np.uint8), np.empty((2, wide), np.int16)
    any_ += np.empty((2, wide), np.int32), np.empty((2, wide))
    return low, any_, (flags, flags.view(np.uint64))


def run(image, mask, k=3, gain=1.0, extended=True, low=0, high=1 << 30):
    """The dispersed and the strong pixels; the former by each kernel that can tell, which must agree."""
    nx = image.shape[1]
    for_low, for_any, flags = scratch(nx, k)
    given = image, mask, np.int32(low), np.int32(high), k, k
    dispersed, index, value = np.empty((3, image.size), np.int32)
    limits = low_limits((2 * k + 1) ** 2, gain, SIGMA_B)
    quick = find_dispersed_low(*given, 2, gain, SIGMA_B, *map(np.int32, limits), *for_low, *flags, dispersed)
    quickly = dispersed[:quick].copy()
    n = find_dispersed(*given, 2, gain, SIGMA_B, *for_any, *flags, dispersed)
    before = dispersed[:n].copy()
    if quick >= 0:
        np.testing.assert_array_equal(quickly, before)
    state, (number, total) = np.zeros(image.size, np.uint8), np.empty((2, nx + 1), np.int64)
    enlarged = 2 if extended else 0
    m = find_strong(*given, gain, SIGMA_S, 0, enlarged, dispersed, n, state, number, total, index, value)
    assert not state.any()
    return before, index[:m], value[:m]


def image_with_spots(seed, shape=(37, 53), background=2.0, brightest=30):
    rng = np.random.default_rng(seed)
    image = rng.poisson(background, shape).astype(np.int32)
    for mean in np.linspace(30, brightest, 5):
        y, x = rng.integers(0, shape[0]), rng.integers(0, shape[1])
        image[y : y + 3, x : x + 2] += rng.poisson(mean, image[y : y + 3, x : x + 2].shape).astype(np.int32)
    return image


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    background=st.sampled_from([0.02, 1.0, 30.0]),
    gain=st.sampled_from([1.0, 1.7]),
    extended=st.booleans(),
    k=st.sampled_from([1, 2, 3, 4]),
    brightest=st.sampled_from([30, 200, 3000]),
)
def test_equals_the_twin(seed, background, gain, extended, k, brightest):
    image = image_with_spots(seed, background=background, brightest=brightest)
    mask = np.random.default_rng(seed).random(image.shape) > 0.05
    image[3, 4] = -1  # out of the trusted range
    valid = mask & (image >= 0)
    dispersed, index, value = run(image, mask, k, gain, extended)
    np.testing.assert_array_equal(dispersed, np.flatnonzero(dispersed_twin(image, valid, k, gain, 2)))
    np.testing.assert_array_equal(index, np.flatnonzero(strong_twin(image, valid, k, gain, extended)))
    np.testing.assert_array_equal(value, image.ravel()[index])


def test_a_planted_spot_is_found_and_its_surroundings_are_not():
    image = np.random.default_rng(3).poisson(4, (60, 60)).astype(np.int32)
    image[30:33, 20:22] = 80
    _, index, value = run(image, np.ones(image.shape, bool))
    expected = {(y, x) for y in (30, 31, 32) for x in (20, 21)}
    assert {tuple(divmod(int(i), 60)) for i in index} == expected
    assert (value == 80).all()


@pytest.mark.parametrize("extended", [True, False])
def test_poisson_background_holds_next_to_no_strong_pixels(extended):
    image = np.random.default_rng(1).poisson(10, (400, 400)).astype(np.int32)
    _, index, _ = run(image, np.ones(image.shape, bool), extended=extended)
    assert len(index) < 5


def test_huge_counts_do_not_overflow():
    image = np.full((30, 30), 10, np.int32)
    image[15, 15] = 2**31 - 1
    dispersed, index, value = run(image, np.ones(image.shape, bool), high=2**31 - 1)
    assert dispersed.tolist() == [y * 30 + x for y in range(12, 19) for x in range(12, 19)]
    assert index.tolist() == [15 * 30 + 15]
    assert value.tolist() == [2**31 - 1]
    assert CLIP**2 * 49 < 2**53  # the sums of squares stay whole numbers


def test_counts_outside_the_trusted_range_are_not_looked_at():
    image = np.full((30, 30), 10, np.int32)
    image[15, 15] = 5000
    dispersed, index, _ = run(image, np.ones(image.shape, bool), high=4999)
    assert len(index) == len(dispersed) == 0


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
        when_clipped = m * square - total**2 - gain * total * (free + SIGMA_B * np.sqrt(2 * free)) > 0
        assert dispersed[when_clipped & (2 * total + excess + 2 < 2 * clip * m)].all()


def test_low_counts_leave_high_ones_to_the_other_kernel():
    image = np.random.default_rng(2).poisson(1000, (60, 70)).astype(np.int32)
    for_low, _, flags = scratch(70, 3)
    given = image, np.ones(image.shape, bool), np.int32(0), np.int32(1 << 30), 3, 3, 2, 1.0, SIGMA_B
    limits = map(np.int32, low_limits(49, 1.0, SIGMA_B))
    assert find_dispersed_low(*given, *limits, *for_low, *flags, np.empty(image.size, np.int32)) == -1
    assert low_limits(49, 50.0, SIGMA_B) is None


def test_negative_counts_that_are_trusted_enter_the_sums():
    image = np.random.default_rng(4).normal(0, 3, (40, 40)).round().astype(np.int32)
    image[20, 20] = 90
    _, for_any, flags = scratch(40, 3)
    mask, index = np.ones(image.shape, bool), np.empty(image.size, np.int32)
    given = image, mask, np.int32(-1000), np.int32(1000), 3, 3, 2, 1.0, SIGMA_B
    n = find_dispersed(*given, *for_any, *flags, index)
    x = image.astype(np.int64)
    counted, total, square = (window_sum(values, 3) for values in (mask, x, x * x))
    excess = counted * square - total**2 - total * (counted - 1)
    limit = SIGMA_B * total * np.sqrt(2.0 * (counted - 1))
    np.testing.assert_array_equal(index[:n], np.flatnonzero((excess > 0) & (excess**2 > limit**2)))
