"""Spots of known crystals, and models that are a little wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gnomon.maths.geometry.prediction import predict_scan
from gnomon.maths.geometry_fit.normal_equations import jacobian_blocks
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.goniometer import rotation_about
from gnomon.models.reflections import Reflections


def spots(experiments: Experiments, d_min: float, noise: float = 0.0, seed: int = 1) -> Reflections:
    """Predicted spots as if observed: ``noise`` px and images of error, and a variance that says so."""
    table = Reflections.concatenate([predict_scan(e, i, d_min) for i, e in enumerate(experiments)])
    observed = table["xyzcal.px"] + noise * np.random.default_rng(seed).normal(size=(len(table), 3))
    ends = np.array([e.scan.array_range for e in experiments])[table["id"]]
    observed[:, 2] = np.clip(observed[:, 2], ends[:, 0], ends[:, 1])
    variance = np.full((len(table), 3), max(noise, 0.01) ** 2)
    table = table.without_columns("xyzcal.px", "xyzcal.mm", "entering", "s1")
    table = table.with_columns({"xyzobs.px.value": observed, "xyzobs.px.variance": variance})
    return table.with_columns({"flags": np.full(len(table), np.uint64(Flag.INDEXED))})


def misset(crystal, turn_degrees: float, swell: float):
    """The crystal turned and swollen."""
    turn = rotation_about(np.array([0.3, -0.5, 0.8]), np.deg2rad(turn_degrees))
    return replace(crystal, A=turn @ crystal.A / (1 + swell))


@pytest.fixture
def make_spots():
    return spots


@pytest.fixture
def make_misset():
    return misset


def jacobian(problem, state):
    """(N, 3, n) derivatives by all parameters, put together from their segments."""
    model = problem.model
    J = np.zeros((len(problem.obs), 3, len(model.sigma)))
    for segment, where, block in jacobian_blocks(problem, state, problem.predict(state)):
        own = model.crystal_slices[segment.crystal].start + segment.columns
        J[np.ix_(segment.rows, range(3), np.r_[own, where])] += block
    return J


def difference(problem, p, k, step):
    """(N, 3) the derivative by parameter k at ``p``, as the difference over twice the ``step``."""
    sides = []
    for sign in (1, -1):
        q = p.copy()
        q[k] += sign * step
        found = problem.predict(problem.model.at(q))
        sides.append(np.column_stack([found.mm, found.phi]))
    return (sides[0] - sides[1]) / (2 * step)


@pytest.fixture
def derivatives():
    """``derivatives(problem, state)`` of all parameters, and ``differences(problem, p, k, step)`` of one."""
    return jacobian, difference
