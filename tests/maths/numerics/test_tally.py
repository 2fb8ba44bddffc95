"""Binned sums and correlations against loops."""

import numpy as np
import pytest

from gnomon.maths.numerics.tally import Tally


def test_bins_are_as_a_loop_would_have_them() -> None:
    rng = np.random.default_rng(4)
    bins = rng.integers(-1, 5, 300)
    x, y = rng.normal(size=(2, 300))
    y += x
    tally = Tally(bins, 6)  # the last bin is empty
    for i in range(5):
        rows = bins == i
        assert tally.number()[i] == rows.sum()
        assert tally.sum(x)[i] == pytest.approx(x[rows].sum())
        assert tally.mean(x)[i] == pytest.approx(x[rows].mean())
        assert tally.correlation(x, y)[i] == pytest.approx(np.corrcoef(x[rows], y[rows])[0, 1])
    assert np.isnan(tally.mean(x)[5])
    assert np.isnan(tally.correlation(x, y)[5])
    assert tally.where(x > 0).number().sum() == ((bins >= 0) & (x > 0)).sum()
