"""Many sweeps: blocks and coupling give what the matrix written out gives, and two levels nearly its inverse."""

from dataclasses import replace

import numpy as np
import pytest

from gnomon.maths.intensities.merging import Groups
from gnomon.maths.numerics.smoother import Smoother
from gnomon.steps.scale import normal_matrix as covariance_module
from gnomon.steps.scale.fit import Problem, fit_scales
from gnomon.steps.scale.model import Component, SweepScale, choose_observations
from gnomon.steps.scale.normal_matrix import solve


def problem(n_sweeps: int, *, per_sweep: int = 150, link: float = 1.0, seed: int = 0) -> Problem:
    """Sweeps of smooth scale and decay, scales up to ten apart; the last shares ``link`` of its reflections only."""
    rng = np.random.default_rng(seed)
    which = np.repeat(np.arange(n_sweeps), per_sweep)
    label = rng.integers(0, 100, len(which))
    apart = (which == n_sweeps - 1) & (rng.random(len(which)) > link)
    label = np.where(apart, 100 + label // 4, label)
    order = np.argsort(label, kind="stable")
    label, which = np.unique(label[order], return_inverse=True)[1], which[order]
    groups = Groups(np.zeros((label.max() + 1, 3), int), label, np.zeros(label.max() + 1, bool))
    inverse = rng.uniform(0.0, 0.1, len(groups))[label]
    smoother = Smoother.over(0, 10, 4)
    sweeps, g = [], np.zeros(len(which))
    for i in range(n_sweeps):
        rows = np.flatnonzero(which == i)
        design = smoother.design(rng.uniform(0, 10, len(rows)))
        decay = Component("decay", design * inverse[rows, None], 0.0, 0.1, exponential=True)
        sweep = SweepScale(rows, (Component("scale", design, 1.0), decay))
        g[rows] = sweep.scale(sweep.null + rng.normal(0, 0.1, sweep.n_parameters)) * 10 ** rng.uniform(-0.5, 0.5)
        sweeps.append(sweep)
    truth = rng.exponential(1000, len(groups))[label]
    intensity = g * truth * (1 + 0.03 * rng.normal(size=len(which)))
    return Problem(sweeps, groups, intensity, 1 / (0.03 * g * truth + 1) ** 2)


def test_products_and_blocks_are_those_of_the_matrix_written_out() -> None:
    p = problem(5)
    matrix, _ = p.normal_equations(p.null)
    dense, x = matrix.dense(), np.random.default_rng(1).normal(size=len(p.null))
    np.testing.assert_allclose(matrix.times(x), dense @ x, rtol=1e-9, atol=1e-9 * np.trace(dense))
    np.testing.assert_allclose(matrix.diagonal, np.diag(dense), rtol=1e-9)


@pytest.mark.parametrize("link", [1.0, 0.05])
def test_the_step_is_that_of_the_matrix_written_out_however_weak_the_links(link: float) -> None:
    p = problem(12, link=link)
    matrix, vector = p.normal_equations(p.null)
    fixed = p.fixed_directions(p.null)
    dense = matrix.dense()
    stiff = dense + np.trace(dense) * fixed.T @ fixed
    expected = np.linalg.solve(stiff, vector - fixed.T @ (fixed @ vector))
    np.testing.assert_allclose(solve(matrix, vector, fixed), expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("link", [1.0, 0.05])
def test_errors_from_two_levels_are_nearly_exact(monkeypatch: pytest.MonkeyPatch, link: float) -> None:
    fit = fit_scales(problem(12, link=link), problem(12, link=link).null)
    exact = np.sqrt(fit.covariance.diagonal)
    monkeypatch.setattr(covariance_module, "_EXACT_UP_TO", 0)
    nearly = np.sqrt(replace(fit.covariance).diagonal)
    assert np.median(np.abs(nearly / exact - 1)) < 0.08
    assert np.abs(nearly / exact - 1).max() < 0.35
    if link < 1:  # the weakly connected sweep is known to be so
        last = fit.covariance.matrix.slices[-1]
        assert nearly[last].mean() > 1.5 * np.median(nearly)


def test_sweeps_far_apart_in_scale_are_brought_together() -> None:
    p = problem(30)
    fit = fit_scales(p, p.null)
    g = p.scales(fit.parameters)
    spread = p.groups.sum((p.intensity / g) ** 2) / p.groups.counts / p.groups.mean(p.intensity / g) ** 2 - 1
    assert np.median(spread) < 0.04**2
    assert len(fit.targets) < 15


def test_every_sweep_has_the_observations_that_it_needs() -> None:
    rng = np.random.default_rng(0)
    label, which = rng.integers(0, 5000, 60000), rng.integers(0, 40, 60000)
    which[label < 50] = 40  # a sweep of few reflections
    groups = Groups(np.zeros((5000, 3), int), label, np.zeros(5000, bool))
    needs = np.full(41, 100)
    chosen = choose_observations(groups, which, needs, 1000, 0)
    assert (np.bincount(which[chosen], minlength=41) >= 100).all()
    assert 1000 <= len(chosen) < 30000
    assert len(choose_observations(groups, which, needs, 10**9, 0)) == groups.counts[groups.counts > 1].sum()
    whole = np.bincount(label[chosen], minlength=5000)
    assert set(np.unique(whole[whole > 0] == groups.counts[whole > 0])) == {True}
