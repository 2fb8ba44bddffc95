"""The normal quantile against the standard library, and the slope of a probability plot."""

from statistics import NormalDist

import numpy as np
import pytest

from gnomon.maths.numerics.normal import normal_quantile, probability_slope


def test_quantile_is_the_standard_library_s() -> None:
    p = np.concatenate([np.geomspace(1e-9, 0.5, 60), 1 - np.geomspace(1e-9, 0.5, 60)])
    assert normal_quantile(p) == pytest.approx([NormalDist().inv_cdf(x) for x in p], rel=2e-8, abs=1e-8)


def test_slope_is_the_standard_deviation_and_outliers_do_not_move_it() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(0, 1.7, 20000)
    x[:100] = 50
    assert probability_slope(x) == pytest.approx(1.7, rel=0.02)
    assert np.isnan(probability_slope(np.array([1.0, 2.0])))
