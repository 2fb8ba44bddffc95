"""Levenberg-Marquardt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.maths.geometry_fit.model import Model
from gnomon.maths.geometry_fit.normal_equations import Normal, assemble
from gnomon.maths.geometry_fit.residuals import Problem

FIRST_DAMPING = 1e-3
SMALLEST_GAIN = 1e-5  # relative decrease of the sum of squares that is still progress
MAX_DAMPING = 1e8


@dataclass(frozen=True)
class Solution:
    """Where a minimisation ended."""

    p: np.ndarray  # (n,)
    residuals: np.ndarray  # (N, 3), mm, mm, rad
    normal: Normal  # with the prior, at p
    chi_squared: float  # without the prior
    steps: tuple[tuple[float, ...], ...]


def _cost(problem: Problem, p: np.ndarray, residuals: np.ndarray) -> float:
    prior = ((p / problem.model.sigma) ** 2).sum() + p @ problem.model.roughness(p) + problem.model.tension(p)
    return float(((residuals / problem.obs.sigma) ** 2).sum() + prior)


def _step_record(residuals: np.ndarray) -> tuple[float, ...]:
    x, y, phi = np.sqrt((residuals**2).mean(axis=0))
    return (len(residuals), float(x), float(y), float(np.rad2deg(phi)))


def minimise(problem: Problem, p: np.ndarray, max_iterations: int) -> Solution:
    """The least-squares solution from ``p`` (n,), with the prior of the model.

    Damping follows the gain ratio (Nielsen 1999, IMM-REP-1999-05). A reflection that stops crossing the sphere on a
    trial keeps the residual that it had.
    """
    state = problem.model.at(p)
    prediction = problem.predict(state)
    residuals = problem.residuals(state, prediction)
    cost, damping, growth = _cost(problem, p, residuals), FIRST_DAMPING, 2.0
    normal = _with_prior(assemble(problem, state, prediction, residuals), problem.model, p)
    steps = [_step_record(residuals)]
    for _ in range(max_iterations):
        shift = normal.plus_diagonal(damping * normal.diagonal).solve()
        try:
            trial_state = problem.model.at(p + shift)
        except np.linalg.LinAlgError:  # the step is so long that no cell has this metric
            damping, growth = damping * growth, 2 * growth
            if damping > MAX_DAMPING:
                break
            continue
        trial_prediction = problem.predict(trial_state)
        trial = problem.residuals(trial_state, trial_prediction)
        trial = np.where(np.isnan(trial), residuals, trial)
        gain = cost - _cost(problem, p + shift, trial)
        expected = float(shift @ (damping * normal.diagonal * shift - normal.gradient))
        if gain > 0:
            p, state, residuals = p + shift, trial_state, trial
            normal = _with_prior(assemble(problem, state, trial_prediction, residuals), problem.model, p)
            steps.append(_step_record(residuals))
            damping, growth = damping * max(1 / 3, 1 - (2 * gain / expected - 1) ** 3), 2.0
            cost -= gain
            if gain < SMALLEST_GAIN * cost:
                break
        else:
            damping, growth = damping * growth, 2 * growth
            if damping > MAX_DAMPING or expected < SMALLEST_GAIN * cost:
                break
    return Solution(p, residuals, normal, float(((residuals / problem.obs.sigma) ** 2).sum()), tuple(steps))


def linearised(problem: Problem, p: np.ndarray) -> Normal:
    """The normal equations at ``p`` (n,), with the prior."""
    state = problem.model.at(p)
    prediction = problem.predict(state)
    return _with_prior(assemble(problem, state, prediction, problem.residuals(state, prediction)), problem.model, p)


def _with_prior(normal: Normal, model: Model, p: np.ndarray) -> Normal:
    """The normal equations with the prior about 0, the stiffness of crystals along their scans, and restraints."""
    prior = 1 / model.sigma**2
    grown = normal.plus_diagonal(prior)
    own, gradient = model.stiffened(grown.own), grown.gradient + prior * p + model.roughness(p)
    model.tied(own, gradient, p)
    return Normal(grown.shared, own, grown.coupling, gradient)
