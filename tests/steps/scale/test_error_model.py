"""The exact variance of a difference, and coefficients that come back."""

import numpy as np
import pytest

from gnomon.maths.intensities.merging import Groups, KeptMeans, others
from gnomon.steps.scale.error_model import (
    VarianceTerms,
    error_model_of,
    exact_design,
    expected_moments,
    fit_error_model,
)


def groups_of(sizes: np.ndarray) -> Groups:
    label = np.repeat(np.arange(len(sizes)), sizes)
    return Groups(np.zeros((len(sizes), 3), int), label, np.zeros(len(sizes), bool))


def test_design_is_the_variance_of_the_difference_for_any_weights() -> None:
    rng = np.random.default_rng(0)
    groups = groups_of(np.full(4000, 4))
    true, weight = rng.uniform(0.5, 4, 4), rng.uniform(0.2, 3, 4)
    value = rng.normal(size=16000) * np.sqrt(np.tile(true, 4000))
    found = (value - others(groups, value, np.tile(weight, 4000))[0]).reshape(-1, 4).var(axis=0)
    expected = exact_design(groups, np.tile(weight, 4000), np.tile(true, 4000))[:4]
    assert found == pytest.approx(expected, rel=0.06)


@pytest.mark.parametrize("sizes", [(2, 2), (8, 8), (2, 20)])
def test_a_and_b_come_back_at_every_multiplicity(sizes: tuple[int, int]) -> None:
    rng = np.random.default_rng(sizes[0])
    groups = groups_of(rng.integers(sizes[0], sizes[1] + 1, 16000))
    mean = rng.exponential(3000, 16000)[groups.label]
    counted = mean + 100
    variance = 1.3**2 * (counted + (0.015 * mean) ** 2)
    value = mean + np.sqrt(variance) * rng.normal(size=len(mean))
    value[::1000] += 6 * np.sqrt(variance[::1000])  # what outlier rejection leaves must not matter
    terms = VarianceTerms(("signal", "intensity squared"), np.array([counted, mean**2]), np.zeros(len(mean)))
    model = error_model_of(terms, fit_error_model(groups, value, terms))
    assert model.a == pytest.approx(1.30, rel=0.03)
    assert model.b == pytest.approx(0.015, rel=0.08)


def test_what_is_known_already_is_not_counted_again() -> None:
    rng = np.random.default_rng(9)
    groups = groups_of(np.full(5000, 4))
    counted, fixed = rng.uniform(50, 100, 20000), rng.uniform(0, 100, 20000)
    value = np.sqrt(counted + fixed) * rng.normal(size=20000)
    terms = VarianceTerms(("signal",), counted[None], fixed)
    assert fit_error_model(groups, value, terms) == pytest.approx([1.0], abs=0.05)


def test_a_term_that_is_not_there_comes_out_near_zero_and_leaves_the_others() -> None:
    rng = np.random.default_rng(3)
    groups = groups_of(np.full(5000, 4))
    mean = rng.exponential(300, 5000)[groups.label]
    value = mean + np.sqrt(mean + 1) * rng.normal(size=20000)
    terms = VarianceTerms(("signal", "profile background"), np.array([mean + 1, np.full(20000, 30.0)]), 0 * mean)
    signal, background = fit_error_model(groups, value, terms)
    assert signal == pytest.approx(1, abs=0.04)
    assert background < 0.02


def test_without_equivalents_the_model_is_what_is_expected() -> None:
    groups = groups_of(np.ones(0, int))
    terms = VarianceTerms(("signal", "intensity squared"), np.zeros((2, 0)), np.zeros(0))
    assert fit_error_model(groups, np.zeros(0), terms) == pytest.approx([1, 0.0009])


def test_low_counts_do_not_trade_background_for_signal() -> None:
    rng = np.random.default_rng(5)
    groups, background = groups_of(np.full(20000, 3)), 1.0
    true = rng.exponential(5, 20000)
    value = rng.poisson(true[groups.label] + background) - background
    mean = groups.mean(value)
    merged = KeptMeans(mean, np.maximum(mean + background, background) / 3, np.ones(20000, bool))
    first, _ = expected_moments(merged, np.linspace(2, 3, 20000))
    names, rest = ("signal", "profile background"), np.full(60000, background)
    terms = VarianceTerms(names, np.array([first[groups.label], rest]), 0 * rest)
    observed = np.array([mean[groups.label], rest])
    biased, found = fit_error_model(groups, value, terms), fit_error_model(groups, value, terms, observed)
    assert found == pytest.approx([1, 1], abs=0.12)
    assert abs(biased[1] - 1) > 2 * abs(found[1] - 1)
