"""Widening against numpy."""

import numpy as np
import pytest

from gnomon.kernels.widen import widen


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_the_largest_number_has_no_value(kind):
    none = np.iinfo(kind).max
    raw = np.array([0, 1, 5, none - 1, none, 7], kind)
    out = np.full(raw.shape, 77, np.int32)
    widen(raw, out, none)
    np.testing.assert_array_equal(out, np.where(raw == none, -1, raw.astype(np.int32)))
