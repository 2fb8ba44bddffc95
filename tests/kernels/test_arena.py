"""Rows of any length in one array move to its front without a change."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.kernels.arena import slide_down


@given(lengths=st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=30), seed=st.integers(0, 1000))
@settings(max_examples=100, deadline=None)
def test_rows_slide_down_over_the_gaps(lengths, seed):
    rng = np.random.default_rng(seed)
    size = np.array([n for n, _ in lengths], np.int32)
    begin = (np.cumsum(size) - size).astype(np.int64)
    name = rng.permutation(len(lengths))  # rows do not lie in the order of their numbers
    start, sizes = np.full(len(lengths), -1, np.int64), np.zeros(len(lengths), np.int32)
    kept = np.array([k for k, (_, keep) in enumerate(lengths) if keep], np.int64)
    start[name[kept]], sizes[name[kept]] = begin[kept], size[kept]
    values = np.arange(size.sum() + 5, dtype=np.int32)
    rows = {k: values[begin[k] : begin[k] + size[k]].copy() for k in kept}
    assert slide_down(values, name[kept], start, sizes) == size[kept].sum()
    assert start[name[kept]].tolist() == (np.cumsum(size[kept]) - size[kept]).tolist()
    for k in kept:
        assert np.array_equal(values[start[name[k]] :][: size[k]], rows[k])
