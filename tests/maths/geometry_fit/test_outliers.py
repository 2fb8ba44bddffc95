"""Outliers: planted ones go, the bulk stays, and the same every time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.maths.geometry_fit.outliers import beyond_fences, chi_squared_quantile, distances, robust_distances


def outliers(x, experiment, z, probability):
    """Whose distance is beyond that part of a normal cloud."""
    return distances(x, experiment, z, probability) > chi_squared_quantile(probability, 3)


def test_chi_squared_quantiles_are_those_of_tables():
    for probability, n, value in ((0.975, 3, 9.348), (0.5, 3, 2.366), (0.975, 2, 7.378), (0.99, 3, 11.345)):
        assert chi_squared_quantile(probability, n) == pytest.approx(value, rel=0.01)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(60, 900), st.floats(0, 0.3))
def test_planted_outliers_go_and_the_bulk_stays(seed, n, fraction):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3)) @ np.diag([0.02, 0.03, 0.001])
    bad = np.zeros(n, bool)
    bad[: int(n * fraction)] = True
    x[bad] += np.array([0.5, -0.3, 0.01])
    z = rng.uniform(size=n)
    found = outliers(x, np.zeros(n, int), z, 0.975)
    assert found[bad].all()
    assert found[~bad].mean() < 0.2
    np.testing.assert_array_equal(found, outliers(x, np.zeros(n, int), z, 0.975))


def test_distances_are_chi_squared_for_normal_residuals():
    d2 = robust_distances(np.random.default_rng(3).normal(size=(4000, 3)) * [1.0, 2.0, 0.1])
    assert np.mean(d2 > chi_squared_quantile(0.975, 3)) == pytest.approx(0.025, abs=0.008)


def test_experiments_with_few_reflections_are_judged_together():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(40, 3))
    x[7] = 50
    found = outliers(x, np.arange(40) % 10, np.arange(40.0), 0.975)
    assert found[7]
    assert not outliers(x[:12], np.arange(12) % 3, np.arange(12.0), 0.975).any()


def test_small_experiments_of_normal_residuals_lose_few():
    """Thirty at a time, the half of least covariance is too small a bulk and a tenth would go."""
    x = np.random.default_rng(6).normal(size=(240, 3))
    assert outliers(x, np.arange(240) % 8, np.arange(240.0), 0.975).mean() < 0.06


def test_tukeys_fences_are_those_of_quartiles():
    x = np.random.default_rng(1).normal(size=(4000, 3))
    x[7] = 0.0, 0.0, 9.0
    beyond = beyond_fences(x, np.zeros(4000, int), np.arange(4000.0), 1.5)
    assert beyond[7]
    # of a normal coordinate .0070 lie beyond .6745 (1 + 2 1.5) = 2.698 sigma
    assert beyond.mean() == pytest.approx(1 - (1 - 0.00698) ** 3, abs=0.004)
    assert not beyond_fences(x, np.zeros(4000, int), np.arange(4000.0), 10.0)[8:].any()
