"""Strong pixels: the kernels against plain-numpy twins, and what must hold for any image."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.kernels.threshold import BACKGROUND, BLOCK, CLIP, INVALID, SIGNAL, find_strong, mark_signal

SIGMA_B, SIGMA_S = 6.0, 3.0


def window_sum(values, k):
    """Sums over windows of half width k, cut at the edges."""
    padded = np.pad(values.astype(np.int64), k)
    return np.lib.stride_tricks.sliding_window_view(padded, (2 * k + 1, 2 * k + 1)).sum(axis=(2, 3))


def signal_twin(image, valid, k, gain, min_local):
    x = np.where(valid, image, 0).astype(np.int64)
    n, s, q = window_sum(valid, k), window_sum(x, k), window_sum(x * x, k)
    free = np.maximum(n - 1, 0)
    excess = n * q - s * s - gain * s * (free + SIGMA_B * np.sqrt(2 * free))
    return valid & (n >= min_local) & (excess > 0)


def strong_twin(image, valid, k, gain, extended):
    signal = signal_twin(image, valid, k, gain, 2)
    core = np.zeros_like(signal)
    if extended:
        padded = np.pad(signal, k - 1, constant_values=True)
        core = np.lib.stride_tricks.sliding_window_view(padded, (2 * k - 1, 2 * k - 1)).all(axis=(2, 3)) & signal
        k += 2
    background = valid & ~core
    n, s = window_sum(background, k), window_sum(np.where(background, image, 0), k)
    mean = np.maximum(s / np.maximum(n, 1), 0)
    return (core if extended else signal) & (image > 0) & (image >= mean + SIGMA_S * np.sqrt(gain * mean))


def run(image, mask, k=3, gain=1.0, extended=True, low=0, high=1 << 30):
    """The states after the first test, and the strong pixels."""
    ny, nx = image.shape
    state, marked = np.empty((ny, nx), np.uint8), np.empty(ny, np.int64)
    ring, number = np.empty((2 * k + 1, nx), np.int32), np.empty((2, nx + 2 * k + 4 + BLOCK), np.int16)
    sums, squares = np.empty((2, nx + 2 * k), np.int32), np.empty((2, nx + 2 * k))
    given = image, mask, np.int32(low), np.int32(high), k, k, 2, gain, SIGMA_B
    mark_signal(*given, state, ring, number, sums, squares, marked)
    before = state.copy()
    rows, totals = np.empty((2 * k, nx), np.uint8), np.empty(number.shape, np.int64)
    index, value = np.empty(image.size, np.int32), np.empty(image.size, np.int32)
    n = find_strong(
        *given, SIGMA_S, 0, 2 if extended else 0, state, marked, ring, rows, number, sums, squares, totals, index, value
    )
    return before, index[:n], value[:n]


def image_with_spots(seed, shape=(37, 53), background=2.0):
    rng = np.random.default_rng(seed)
    image = rng.poisson(background, shape).astype(np.int32)
    for _ in range(5):
        y, x = rng.integers(0, shape[0]), rng.integers(0, shape[1])
        image[y : y + 3, x : x + 2] += rng.poisson(30, image[y : y + 3, x : x + 2].shape).astype(np.int32)
    return image


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    background=st.sampled_from([0.02, 1.0, 30.0]),
    gain=st.sampled_from([1.0, 1.7]),
    extended=st.booleans(),
    k=st.sampled_from([1, 2, 3, 4]),
)
def test_equals_the_twin(seed, background, gain, extended, k):
    image = image_with_spots(seed, background=background)
    mask = np.random.default_rng(seed).random(image.shape) > 0.05
    image[3, 4] = -1  # out of the trusted range
    valid = mask & (image >= 0)
    state, index, value = run(image, mask, k, gain, extended)
    np.testing.assert_array_equal(state == SIGNAL, signal_twin(image, valid, k, gain, 2))
    np.testing.assert_array_equal(state == INVALID, ~valid)
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
    state, index, value = run(image, np.ones(image.shape, bool), high=2**31 - 1)
    assert (state[12:19, 12:19] == SIGNAL).all()
    assert (state == BACKGROUND).sum() == 900 - 49
    assert index.tolist() == [15 * 30 + 15]
    assert value.tolist() == [2**31 - 1]
    assert CLIP**2 * 49 < 2**53  # the sums of squares stay whole numbers


def test_counts_outside_the_trusted_range_are_not_looked_at():
    image = np.full((30, 30), 10, np.int32)
    image[15, 15] = 5000
    state, index, _ = run(image, np.ones(image.shape, bool), high=4999)
    assert len(index) == 0
    assert state[15, 15] == INVALID
