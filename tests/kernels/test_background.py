"""Robust backgrounds: unbiased for clean Poisson counts, hardly moved by outliers."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.kernels.background import expected_psi, middle_of, robust_mean, robust_plane

TUNING = 1.345


def score(values, mean):
    """The estimating function by plain numpy: sum psi(r) - n E psi."""
    psi = np.clip((values - mean) / np.sqrt(mean), -TUNING, TUNING)
    k = np.arange(0, int(mean + 12 * math.sqrt(mean)) + 40)
    probability = np.exp(k * np.log(mean) - mean - np.array([math.lgamma(i + 1.0) for i in k]))
    return psi.sum() - len(values) * (probability * np.clip((k - mean) / np.sqrt(mean), -TUNING, TUNING)).sum()


def bisected(values):
    low, high = 1e-6, values.max() + 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if score(values, middle) > 0 else (low, middle)
    return (low + high) / 2


@given(values=st.lists(st.integers(0, 9), min_size=1, max_size=40))
@settings(max_examples=50, deadline=None)
def test_the_middle_is_the_median(values):
    assert middle_of(np.array(values, float)) == np.median(values)


@given(mean=st.floats(0.05, 80.0), outliers=st.integers(0, 8), seed=st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_the_mean_solves_the_estimating_equation(mean, outliers, seed):
    rng = np.random.default_rng(seed)
    values = rng.poisson(mean, 150).astype(float)
    values[:outliers] += 20 * math.sqrt(mean) + 10
    if values.sum() == 0:
        assert robust_mean(values, TUNING) == 0
        return
    root = bisected(values)
    assert robust_mean(values, TUNING) == pytest.approx(root, abs=0.01 * math.sqrt(root / len(values)))


@pytest.mark.parametrize("mean", [0.05, 0.3, 1.5, 20.0, 300.0])
def test_the_mean_is_unbiased_and_efficient(mean):
    rng = np.random.default_rng(1)
    found = np.array([robust_mean(rng.poisson(mean, 200).astype(float), TUNING) for _ in range(2000)])
    least = math.sqrt(mean / 200)
    assert abs(found.mean() - mean) < 4 * least / math.sqrt(2000)
    assert found.std() < 1.12 * least


def test_outliers_hardly_matter():
    values = np.random.default_rng(2).poisson(2.0, 300).astype(float)
    clean = robust_mean(values, TUNING)
    values[:10] = 500.0
    assert robust_mean(values, TUNING) == pytest.approx(clean, rel=0.08)
    assert values.mean() > 5 * clean


@pytest.mark.parametrize("mean", [0.1, 1.0, 7.3, 120.0])
def test_expected_psi_is_that_of_many_draws(mean):
    draws = np.random.default_rng(3).poisson(mean, 400_000)
    psi = np.clip((draws - mean) / np.sqrt(mean), -TUNING, TUNING)
    assert expected_psi(mean, TUNING) == pytest.approx(psi.mean(), abs=5 * psi.std() / math.sqrt(len(psi)))


def test_a_plane_is_found_under_outliers():
    rng = np.random.default_rng(4)
    at = np.stack(np.meshgrid(*[np.arange(-7.0, 8.0)] * 2, np.arange(-1.0, 2.0), indexing="ij"), -1).reshape(-1, 3)
    true = np.array([6.0, 0.2, -0.1, 0.3])
    values = rng.poisson(true[0] + at @ true[1:]).astype(float)
    values[::60] += 60
    found = robust_plane(values, at, TUNING, robust_mean(values, TUNING))
    assert found == pytest.approx(true, abs=0.25)
    assert found[1:3] == pytest.approx(true[1:3], abs=0.06)


def test_a_plane_that_would_be_negative_stays_a_constant():
    at = np.array([[x, 0.0, 0.0] for x in range(-5, 6)])
    found = robust_plane(np.array([0.0] * 8 + [4.0, 5.0, 6.0]), at, TUNING, 0.3)
    assert found == pytest.approx([0.3, 0, 0, 0])
