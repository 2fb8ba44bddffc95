"""Spots onto pixels, against integrals by scipy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import erf

from gnomon.kernels.render import add_spots


def plain(shape, live, x, y, sigma, counts, owner, n):
    """The same by whole-image outer products."""
    rate, on_live = np.zeros(shape), np.zeros(n)
    for xk, yk, sk, ck, ok in zip(x, y, sigma, counts, owner):
        row = np.diff(erf((np.arange(shape[0] + 1) - yk) / (np.sqrt(2) * sk))) / 2
        column = np.diff(erf((np.arange(shape[1] + 1) - xk) / (np.sqrt(2) * sk))) / 2
        spot = ck * row[:, None] * column
        rate += spot
        on_live[ok] += spot[live].sum()
    return rate, on_live


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31), n=st.integers(0, 12))
def test_spots_are_gaussians_integrated_over_pixels(seed, n):
    rng = np.random.default_rng(seed)
    shape = (23, 31)
    live = rng.random(shape) > 0.1
    x, y = rng.uniform(-4, 35, n), rng.uniform(-4, 27, n)
    sigma, counts = rng.uniform(0.3, 2, n), rng.uniform(0, 100, n)
    owner = rng.integers(0, 3, n)
    rate, on_live = np.zeros(shape), np.zeros(3)
    add_spots(rate, live, x, y, sigma, counts, owner, on_live)
    expected, expected_live = plain(shape, live, x, y, sigma, counts, owner, 3)
    assert rate == pytest.approx(expected, abs=1e-3)  # cut at 4.5 standard deviations
    assert on_live == pytest.approx(expected_live, abs=0.01)
    assert on_live.sum() == pytest.approx(rate[live].sum())
