"""Codes and smaller pictures, against numpy."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.kernels.pyramid import LARGE_CODE, NOTHING, SHIFT, encode, gather_count, halve, halve_usable

COUNTS = st.sampled_from([-2, -1, 0, 1, 7, 65531, 65532, 65533, 70000, 2**31 - 1, int(NOTHING)])
PANELS = st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**32 - 1))


def halved(pixels, none):
    """The largest of each 2 x 2, the edge filled up with ``none``."""
    ny, nx = (-(-n // 2) * 2 for n in pixels.shape)
    padded = np.full((ny, nx), none, pixels.dtype)
    padded[: pixels.shape[0], : pixels.shape[1]] = pixels
    return padded.reshape(ny // 2, 2, nx // 2, 2).max(axis=(1, 3))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(COUNTS | st.integers(-2, 100), min_size=1, max_size=40), st.sampled_from([1000, 65532, 69999, 2**31 - 1])
)
def test_codes_are_counts_or_say_that_they_are_large(values, high):
    counts = np.array(values, np.int32).reshape(1, -1)
    codes = np.empty(counts.shape, np.uint16)
    n = encode(counts, high, codes)
    large = counts >= LARGE_CODE - SHIFT
    assert n == large.sum()
    np.testing.assert_array_equal(codes[large], np.where(counts[large] > high, LARGE_CODE + 1, LARGE_CODE))
    given = np.where(counts == NOTHING, -2, counts)
    np.testing.assert_array_equal(codes[~large].astype(int) - SHIFT, given[~large])


def test_noise_about_zero_has_no_codes():
    codes = np.empty((2, 3), np.uint16)
    assert encode(np.array([[1, 2, 3], [4, -3, 6]], np.int32), 100, codes) == -1


@settings(max_examples=100, deadline=None)
@given(PANELS, st.sampled_from([(np.uint16, 0, 65535), (np.int32, int(NOTHING), 2**31 - 1)]))
def test_the_largest_of_four_is_kept(panel, kind):
    ny, nx, seed = panel
    dtype, none, most = kind
    rng = np.random.default_rng(seed)
    pixels = rng.integers(none, most, (ny, nx), dtype, endpoint=True)
    usable = rng.random((ny, nx)) < 0.7
    row, out = np.empty(nx + 1, dtype), np.empty((-(-ny // 2), -(-nx // 2)), dtype)
    halve_usable(pixels, usable, dtype(none), row, out)
    np.testing.assert_array_equal(out, halved(np.where(usable, pixels, dtype(none)), none))
    halve(pixels, dtype(none), row, out)
    np.testing.assert_array_equal(out, halved(pixels, none))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(-1, 12) | st.just(2**31 - 1), min_size=6, max_size=6), min_size=1, max_size=5))
def test_images_as_one(images):
    images = np.array(images, np.int32)
    usable, high = np.array([True] * 5 + [False]), 10
    bad = (images < 0).any(axis=0) | ~usable
    wanted = {
        True: np.where((images > high).any(axis=0), 2**31 - 1, images.astype(np.int64).sum(axis=0)),
        False: images.max(axis=0),
    }
    for adds, expected in wanted.items():
        total = np.zeros(6, np.int32)
        for image in images:
            gather_count(total, image, usable, (0.0, float(high)), adds)
        np.testing.assert_array_equal(total, np.where(bad, NOTHING, expected))
