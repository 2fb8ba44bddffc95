"""The normal quantile against the standard library, and the slope of a probability plot."""

from statistics import NormalDist

import numpy as np
import pytest

from gnomon.maths.normal import normal_quantile, positive_moments, probability_slope


def test_quantile_is_the_standard_library_s() -> None:
    p = np.concatenate([np.geomspace(1e-9, 0.5, 60), 1 - np.geomspace(1e-9, 0.5, 60)])
    assert normal_quantile(p) == pytest.approx([NormalDist().inv_cdf(x) for x in p], rel=2e-8, abs=1e-8)


def test_slope_is_the_standard_deviation_and_outliers_do_not_move_it() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(0, 1.7, 20000)
    x[:100] = 50
    assert probability_slope(x) == pytest.approx(1.7, rel=0.02)
    assert np.isnan(probability_slope(np.array([1.0, 2.0])))


def test_positive_moments_are_the_integrals() -> None:
    x = (np.arange(600000) + 0.5) * 1e-4
    for h in (-30.0, -4.5, -3.9, -1.0, 0.0, 2.0, 9.0):
        density = np.exp(-0.5 * (x - h) ** 2 + 0.5 * min(h, 0) ** 2)
        first, second = positive_moments(np.array([h]))
        assert first[0] == pytest.approx((density * x).sum() / density.sum(), rel=1e-3)
        assert second[0] == pytest.approx((density * x * x).sum() / density.sum(), rel=2e-3)
