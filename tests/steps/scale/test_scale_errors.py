"""What a fit of scales takes from the differences among equivalents is neither missed nor counted twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gnomon.maths.intensities.merging import Groups, others
from gnomon.steps.scale.error_model import ScaleErrors, VarianceTerms, exact_design, fit_error_model
from gnomon.steps.scale.fit import Problem, fit_scales
from gnomon.steps.scale.model import Component, SweepScale

N_GROUPS, BINS, TRUE, SIGMA = 60, 12, 100.0, 2.0


def _fitted(seed: int, used: np.ndarray, label: np.ndarray, which: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scaled intensities (N,) under one scale a bin, fitted to those ``used``; possible errors of these (N, k)."""
    value = TRUE + SIGMA * np.random.default_rng([seed, 1]).normal(size=len(label))
    groups = Groups(np.zeros((N_GROUPS, 3), int), label, np.zeros(N_GROUPS, bool))
    rows = np.flatnonzero(used)
    design = np.eye(BINS)[which]
    sweep = SweepScale(np.arange(len(rows)), (Component("scale", design[rows], 1.0),))
    problem = Problem([sweep], groups.select(rows), value[rows], np.full(len(rows), SIGMA**-2))
    fit = fit_scales(problem, problem.null)
    assert fit.covariance is not None
    errors = TRUE * design @ fit.covariance.draws(100, 0) / np.sqrt(fit.covariance.factor)
    return value / (design @ fit.parameters), errors


def test_expected_squares_of_differences_are_those_that_come_out() -> None:
    rng = np.random.default_rng(0)
    label = np.repeat(np.arange(N_GROUPS), 2 + np.arange(N_GROUPS) % 2)
    which, used = rng.integers(0, BINS, len(label)), rng.random(len(label)) < 0.85
    groups = Groups(np.zeros((N_GROUPS, 3), int), label, np.zeros(N_GROUPS, bool))
    weight, squares, added = np.full(len(label), SIGMA**-2), [], []
    for seed in range(400):
        scaled, errors = _fitted(seed, used, label, which)
        squares.append((scaled - others(groups, scaled, weight)[0]) ** 2)
        of_scales = ScaleErrors.of(errors, groups, np.where(used, weight, 0.0))
        added.append(of_scales.of_differences(groups, weight))
    counted = exact_design(groups, weight, np.full(len(label), SIGMA**2))
    found, expected = np.mean(squares, axis=0), np.mean(added, axis=0)
    for rows in (used, ~used):
        assert found[rows].sum() == pytest.approx((counted + expected)[rows].sum(), rel=0.02)
        assert abs(expected[rows].sum()) > 0.1 * counted[rows].sum()  # so the above would not hold without it
    assert expected[used].mean() < 0 < expected[~used].mean()


def test_the_factor_of_the_sigmas_comes_back_where_scales_take_an_eighth_of_the_freedom() -> None:
    rng = np.random.default_rng(1)
    label = np.repeat(np.arange(N_GROUPS), 2 + np.arange(N_GROUPS) % 2)
    which, used = rng.integers(0, BINS, len(label)), np.ones(len(label), bool)
    groups = Groups(np.zeros((N_GROUPS, 3), int), label, np.zeros(N_GROUPS, bool))
    counted, found = np.full(len(label), SIGMA**2), []
    for seed in range(200):
        scaled, errors = _fitted(seed, used, label, which)
        of_scales = ScaleErrors.of(errors, groups, 1 / counted)
        terms = VarianceTerms(("signal",), counted[None], np.mean(errors**2, axis=1))
        both = [fit_error_model(groups, scaled, replace(terms, scales=scales))[0] for scales in (of_scales, None)]
        found.append(both)
    right, forgotten = np.mean(found, axis=0)
    assert right == pytest.approx(1, abs=0.03)
    assert forgotten < 0.85
