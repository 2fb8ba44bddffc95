"""The least squares: gradient, covariance of what is held, and speed of convergence."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from gnomon.maths.intensities.merging import Groups
from gnomon.maths.numerics.smoother import Smoother
from gnomon.steps.scale.fit import Problem, fit_scales
from gnomon.steps.scale.model import Component, SweepScale


def problem(seed: int = 0, noise: float = 0.02, representable: bool = False) -> tuple[Problem, np.ndarray]:
    """Two sweeps with smooth scale and decay over 300 unique reflections, and the true g: a sine, or a smoother's."""
    rng = np.random.default_rng(seed)
    n = 4000
    label = np.sort(rng.integers(0, 300, n))
    groups = Groups(np.zeros((300, 3), int), label, np.zeros(300, bool))
    x, inverse = rng.uniform(0, 90, n), rng.uniform(0.0, 0.1, 300)[label]
    which = rng.integers(0, 2, n)
    sweeps = []
    for i in range(2):
        rows = np.flatnonzero(which == i)
        smoother = Smoother.over(0, 90, 15)
        scale = Component("scale", smoother.design(x[rows]), 1.0)
        decay = smoother.design(x[rows]) * inverse[rows, None]
        sweeps.append(SweepScale(rows, (scale, Component("decay", decay, 0.0, 0.1, exponential=True))))
    truth = rng.exponential(1000, 300)[label]
    g = (1 + 2.0 * which) * (1 + 0.3 * np.sin(x / 20)) * np.exp((1 - x / 45) * inverse)
    if representable:
        for sweep in sweeps:
            g[sweep.rows] = sweep.scale(sweep.null + rng.normal(0, 0.1, sweep.n_parameters))
    intensity = g * truth * (1 + noise * rng.normal(size=n))
    return Problem(sweeps, groups, intensity, 1 / (noise * g * truth + 1) ** 2), g


def test_right_hand_side_is_the_downhill_gradient() -> None:
    p, _ = problem()
    at = p.null + np.random.default_rng(1).normal(0, 0.05, len(p.null))
    _, vector = p.normal_equations(at)
    for k in (0, 5, 9, 17):
        step = np.zeros(len(at))
        step[k] = 1e-5
        slope = (p.misfit(at + step) - p.misfit(at - step)) / 2e-5
        assert -2 * vector[k] == pytest.approx(slope, rel=1e-4)


def test_scales_three_apart_are_found_in_few_steps() -> None:
    p, g = problem()
    fit = fit_scales(p, p.null)
    assert len(fit.targets) <= 7
    ratio = p.scales(fit.parameters) / g
    assert ratio.std() / ratio.mean() < 0.01
    assert fit.reduced_chi_squared == pytest.approx(1, abs=0.15)


def test_directions_of_many_sweeps_need_no_matrix_of_all_parameters() -> None:
    """A unit matrix of all parameters took 290 MB of these 2,000 sweeps, and 80 GB of the 10,000 of a campaign."""
    n = 2000
    sweeps = [
        SweepScale(np.array([i]), (Component("scale", np.ones((1, 3)) / 3, 1.0),), held=i in (7, 9)) for i in range(n)
    ]
    groups = Groups(np.zeros((1, 3), int), np.zeros(n, int), np.zeros(1, bool))
    p = Problem(sweeps, groups, np.ones(n), np.ones(n))
    tracemalloc.start()
    found = p.fixed_directions(p.null)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6
    assert found.shape == (6, 3 * n)
    assert np.flatnonzero(found.sum(axis=0)).tolist() == [21, 22, 23, 27, 28, 29]


def test_noisy_data_end_where_no_step_lowers_the_target() -> None:
    """Steps of a thousandth and a hundredth in 40 directions, and back."""
    p, _ = problem(noise=0.3)
    fit = fit_scales(p, p.null)
    least, rng = p.misfit(fit.parameters), np.random.default_rng(2)
    assert least < 0.5 * p.misfit(p.null)
    for size in (1e-3, 1e-2):
        for _ in range(20):
            step = size * rng.normal(size=len(p.null))
            assert min(p.misfit(fit.parameters + step), p.misfit(fit.parameters - step)) > least * (1 - 1e-9)


def test_mean_scale_is_one_and_common_b_stays_zero() -> None:
    p, _ = problem()
    fit = fit_scales(p, p.null)
    assert fit.parameters[p.layout.is_of("scale")].mean() == pytest.approx(1)
    assert fit.parameters[p.layout.is_of("decay")].sum() == pytest.approx(0, abs=1e-3)
    along = fit.covariance.times(p.fixed_directions(fit.parameters).T).T
    assert (np.abs(along) < 1e-3 * np.sqrt(fit.covariance.diagonal)).all()


def test_nothing_changes_along_the_fixed_directions() -> None:
    p, _ = problem()
    matrix, _ = p.normal_equations(p.null)
    for direction in p.fixed_directions(p.null):
        assert (
            np.abs(matrix.times(direction) - 0.1 * p.layout.is_of("decay") * direction).max()
            < 1e-9 * matrix.diagonal.sum()
        )


def test_errors_of_the_scales_are_as_large_as_they_say() -> None:
    found = []
    for seed in range(6):
        p, g = problem(seed, representable=True)
        fit = fit_scales(p, p.null)
        relative = np.zeros((len(g), len(fit.parameters)))
        for sweep, part in zip(p.sweeps, p.layout.sweeps):
            relative[sweep.rows, part] = sweep.relative_derivatives(fit.parameters[part])
        inverse = np.zeros(len(g))
        for sweep in p.sweeps:
            inverse[sweep.rows] = sweep.components[1].design.sum(axis=1)
        common = np.column_stack([np.ones(len(g)), inverse])  # what is common to all is no error
        covariance = fit.covariance.times(np.eye(len(fit.parameters)))
        logarithm = np.log(p.scales(fit.parameters) / g)
        relative -= common @ np.linalg.lstsq(common, relative, rcond=None)[0]
        logarithm -= common @ np.linalg.lstsq(common, logarithm, rcond=None)[0]
        found.append(logarithm / np.sqrt(np.einsum("ij,ij->i", relative @ covariance, relative)))
    assert np.std(found) == pytest.approx(1, abs=0.3)


def test_drawn_errors_have_the_covariance(monkeypatch: pytest.MonkeyPatch) -> None:
    p, _ = problem()
    covariance = fit_scales(p, p.null).covariance
    assert covariance is not None
    found = covariance.draws(len(p.null), 0)
    assert (found @ found.T / len(p.null))[p.layout.sweeps[0], p.layout.sweeps[0]] == pytest.approx(
        covariance.blocks[0]
    )
    monkeypatch.setattr("gnomon.steps.scale.normal_matrix._EXACT_UP_TO", 0)
    many = replace(covariance)  # without what is cached
    found = many.draws(20000, 0)
    for part, block in zip(p.layout.sweeps, many.blocks):
        sd = np.sqrt(np.diag(block))
        assert np.abs(found[part] @ found[part].T / 20000 - block).max() < 0.05 * np.max(np.outer(sd, sd))
    one, two = p.layout.sweeps
    sd = np.sqrt(np.diag(covariance.blocks[0]))
    across = found[one] @ found[two].T / 20000
    exact = covariance.draws(len(p.null), 0)
    exact = exact[one] @ exact[two].T / len(p.null)
    assert np.abs(across - exact).max() < 0.3 * np.max(np.outer(sd, sd))
