"""Crystals that are off the spindle, and go round it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gnomon.maths.geometry_fit.circle_block import CircleBlock
from gnomon.maths.geometry_fit.fit import fit_geometry
from gnomon.maths.geometry_fit.model import model_of
from gnomon.maths.geometry_fit.observations import observations
from gnomon.maths.geometry_fit.options import FitOptions
from gnomon.maths.geometry_fit.residuals import Problem
from gnomon.models.experiment import Experiments
from gnomon.models.goniometer import rotation_about
from gnomon.models.scan import Scan
from gnomon.simulate.centroids import indexed_sweep
from gnomon.simulate.effects import position
from gnomon.simulate.params import SimulateParams

SWEEP = SimulateParams(
    cell=(108.0, 52.0, 64.0, 90.0, 106.0, 90.0), space_group="C2", image_size=(981, 1043), distance=150.0, images=45,
    width=1.0, d_min=3.4, mosaicity=0.1, wilson_b=28.0, mean_intensity=200.0, off_spindle=0.005, seed=2,
)  # fmt: skip


def test_a_circle_turns_with_the_spindle_about_its_mean(tilted):
    goniometer, scan = tilted().goniometer, Scan((3, 40), (10.0, 1.0))
    circle = CircleBlock.of(goniometer, scan, 0.01)
    phi = np.deg2rad(np.linspace(10, 48, 1001))
    at = circle.design(phi) @ np.array([0.003, -0.002])
    assert np.allclose(at.mean(axis=0), 0, atol=1e-5)
    assert np.allclose(at @ goniometer.lab_axis, 0, atol=1e-12)
    whole = CircleBlock.of(goniometer, Scan((1, 360), (0.0, 1.0)), 0.01).design(phi) @ np.array([0.003, -0.002])
    assert np.allclose(np.linalg.norm(whole, axis=1), np.hypot(0.003, 0.002))
    assert np.allclose(rotation_about(goniometer.lab_axis, phi[-1] - phi[0]) @ whole[0], whole[-1])


def test_derivatives_are_the_limits_of_differences(tilted, make_spots, derivatives):
    """Of two experiments of one crystal, each with its circle."""
    jacobian, difference = derivatives
    experiments = Experiments.of([tilted(scan=Scan((1, 40), (0.0, 1.0))), tilted(scan=Scan((1, 40), (90.0, 1.0)))])
    model = model_of(experiments, FitOptions(circles=True))
    problem = Problem(model, observations(experiments, make_spots(experiments, d_min=5.0), 0.05))
    p = 1e-6 * np.random.default_rng(4).normal(size=len(model.sigma))
    state = model.at(p)
    J = jacobian(problem, state)
    names = [name for block in model.blocks for name in block.names]
    for e, places in enumerate(model.circle_slices):
        assert [names[k] for k in range(places.start, places.stop)] == [
            "crystal off the spindle 1 (mm)",
            "crystal off the spindle 2 (mm)",
        ]
        for k in range(places.start, places.stop):
            numeric = difference(problem, p, k, 1e-3)
            assert np.abs(numeric[problem.obs.experiment == e]).max() > 0.1
            assert not numeric[problem.obs.experiment != e].any()
            assert np.allclose(J[:, :, k], numeric, atol=1e-4 * np.abs(numeric).max())


@pytest.fixture(scope="module")
def fits():
    """The sweep, and its fits with crystals on the spindle and off it."""
    sweep = indexed_sweep(SWEEP)
    return sweep, {on: fit_geometry(sweep.experiments, sweep.reflections, FitOptions(circles=on)) for on in (0, 1)}


def test_how_far_a_crystal_is_off_is_found(fits):
    sweep, done = fits
    phi = np.deg2rad(np.array([5.0, 20.0, 40.0]))
    experiment, scan = sweep.experiments[0], sweep.experiments[0].scan
    circle = CircleBlock.of(experiment.goniometer, scan, 0.01)
    where = [done[1].names.index(f"crystal off the spindle {i} (mm)") for i in (1, 2)]
    all_along = np.deg2rad(np.linspace(*scan.oscillation_range, 1001))
    true = position(SWEEP, phi) - position(SWEEP, all_along).mean(axis=0)
    found = circle.design(phi) @ done[1].values[where]
    sigma = np.sqrt(((circle.design(phi) * done[1].uncertainties[where]) ** 2).sum(axis=(1, 2)))
    assert np.all(np.linalg.norm(found - true, axis=1) < 3 * sigma)
    assert np.linalg.norm(found - true, axis=1).max() < 0.4 * np.linalg.norm(true, axis=1).max()


def test_a_crystal_off_the_spindle_pulls_the_cell_no_more(fits):
    """By 0.02 % of an edge, where it is thought to be on it."""
    sweep, done = fits
    error = {on: (fit.experiments[0].crystal.cell - sweep.true.cell)[:3] for on, fit in done.items()}
    pull = {on: error[on] / fit.experiments[0].crystal.cell_parameter_sd[:3] for on, fit in done.items()}
    assert np.abs(pull[0]).max() > 3
    assert np.abs(pull[1]).max() < 2
    assert np.abs(error[1]).max() < np.abs(error[0]).max() / 3


def test_crystals_are_on_the_spindle_unless_told(tilted):
    experiments = Experiments.of([tilted()])
    there = [model_of(experiments, replace(FitOptions(), circles=on)).circle_slices for on in (False, True)]
    assert there[0] == ()
    assert len(there[1]) == 1
