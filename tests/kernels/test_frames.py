"""Frames in two bytes a pixel: what is not valid, and counts that do not fit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shoeboxes import block_of, panels_of

from gnomon.kernels.frames import BAD_CODE, LARGE_CODE, OVERLOAD_CODE, large_count, load_frame

INT32 = np.iinfo(np.int32)


def test_frames_are_loaded_with_marks_for_what_is_not_valid():
    frame = np.array([[-1, 0, 5], [9, 10, 11]], np.int32)
    mask = np.array([[True, True, False], [True, True, True]])
    row = np.zeros(6, np.uint16)
    assert load_frame(frame, mask, 0, 10, 7, row) == 0
    assert row.tolist() == [BAD_CODE, 7, BAD_CODE, 16, 17, OVERLOAD_CODE]


def test_what_is_masked_is_bad_though_it_is_overloaded_too():
    row = np.zeros(2, np.uint16)
    load_frame(np.array([[11, 99_999]], np.int32), np.zeros((1, 2), bool), 0, 10, 0, row)
    assert row.tolist() == [BAD_CODE, BAD_CODE]


@given(
    bias=st.integers(0, 4096), low=st.integers(INT32.min + 1, 100), high=st.integers(100, INT32.max),
    seed=st.integers(0, 10**6),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_every_valid_count_comes_back_whatever_the_bias(bias, low, high, seed):
    rng = np.random.default_rng(seed)
    panels = panels_of((7, 5), (6, 9))
    edge = LARGE_CODE - bias
    near = [INT32.min, INT32.min + 1, -bias - 1, -bias, 0, edge - 2, edge - 1, edge, 65_535, 65_536, INT32.max]
    near += [np.clip(v + k, INT32.min, INT32.max) for v in (low, high) for k in (-1, 0, 1)]
    frames = rng.choice(np.array(near), (3, 89)).astype(np.int32)
    mask = rng.uniform(size=89) > 0.1
    block = block_of(frames, panels, 4, low, high, bias, mask)
    assert (np.diff(block.large_at) > 0).all()
    bad, over = ~mask | (frames < low), frames > high
    assert np.array_equal(block.codes == BAD_CODE, bad)
    assert np.array_equal(block.codes == OVERLOAD_CODE, over & ~bad)
    large = block.codes == LARGE_CODE
    assert np.array_equal(large, ~bad & ~over & ((frames < -bias) | (frames >= edge)))
    small = ~bad & ~over & ~large
    assert np.array_equal(block.codes[small].astype(np.int64) - bias, frames[small])
    for row, place in np.argwhere(large):
        assert large_count(block, row, place) == frames[row, place]


@pytest.mark.parametrize("n", [1, 2, 3, 8])
def test_few_and_many_large_counts_are_found(n):
    frames = np.zeros((2, 40), np.int32)
    frames.ravel()[::11][:n] = 100_000 + np.arange(n)
    block = block_of(frames, panels_of((8, 5)), 0, bias=0)
    found = [large_count(block, *divmod(at, 40)) for at in block.large_at]
    assert found == list(range(100_000, 100_000 + len(found)))
    assert len(found) == n
