"""Crystals go on turning along their scans while cell and detector are fitted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gnomon.maths.geometry.rotation_vectors import rotation_matrix
from gnomon.maths.geometry_fit.fit import fit_geometry
from gnomon.maths.geometry_fit.model import model_of
from gnomon.maths.geometry_fit.observations import observations
from gnomon.maths.geometry_fit.options import FitOptions
from gnomon.maths.geometry_fit.residuals import Problem
from gnomon.models.experiment import Experiments
from gnomon.models.scan import Scan

SCAN = Scan((1, 40), (0.0, 1.0))
LOOSE = FitOptions(along_path=True, wander=(1e-3,))


def turning(experiment, degrees):
    """A crystal that turns by so much along its scan, slowly at both ends."""
    t = np.linspace(0, 1, 41)[:, None]
    path = rotation_matrix(np.deg2rad(degrees) * t * t * (3 - 2 * t) * np.array([0.6, 0.0, 0.8]))
    return experiment.replace(crystal=replace(experiment.crystal, A_at_scan_points=path @ experiment.crystal.A))


def held_straight(experiment):
    """The same, its path that of a crystal that stands still."""
    A = experiment.crystal.A
    return experiment.replace(crystal=replace(experiment.crystal, A_at_scan_points=np.tile(A, (41, 1, 1))))


def test_derivatives_are_the_limits_of_differences(tilted, make_spots, derivatives):
    """Beside a second experiment, of another crystal that has no path."""
    jacobian, difference = derivatives
    other = tilted(orientation=0.9, scan=SCAN)
    experiments = Experiments.of([turning(tilted(scan=SCAN), 0.1), other])
    table = make_spots(experiments, d_min=5.0)
    model = model_of(experiments, replace(LOOSE, wander=(1e-3, None), one_cell=False))
    problem = Problem(model, observations(experiments, table, 0.05))
    p = 1e-6 * np.random.default_rng(4).normal(size=len(model.sigma))
    state = model.at(p)
    J = jacobian(problem, state)
    places = model.path_slices[0]
    assert places.stop - places.start == 3 * model.paths[0].smoother.n_parameters
    assert model.path_slices[1].start == model.path_slices[1].stop == len(p)
    assert [name.split(" at ")[0] for name in _names(model)[places]][:3] == [f"path turn {axis}" for axis in "xyz"]
    for k in range(places.start, places.stop):
        numeric = difference(problem, p, k, 1e-5)
        size = np.nanmax(np.abs(numeric))
        assert size > 0
        assert np.nanquantile(np.abs(J[:, :, k] - numeric) / size, 0.98) < 1e-4


def _names(model):
    return [name for block in model.blocks for name in block.names]


def test_a_path_that_is_wrong_pulls_the_cell_no_more(tilted, make_spots, make_misset):
    """Over four sweeps: the pulls of one go together. Held, edges are 1.6 times as far off, where spots err by 0.03 px.

    It was 3 times while positions were trusted to 0.1 px only: then angles, which the path spoils, told the cell.
    """
    truth = turning(tilted(scan=SCAN), 0.05)
    moved = truth.detector.moved(np.eye(3), np.array([0.2, -0.1, 0.3]))
    start = held_straight(truth.replace(detector=moved, crystal=make_misset(truth.crystal, 0.02, 0.0005)))
    error, pulls = {}, {}
    for name, options in (("held", replace(LOOSE, wander=())), ("free", LOOSE)):
        error[name], pulls[name] = [], []
        for seed in (1, 2, 3, 4):
            table = make_spots(Experiments.of([truth]), 2.6, noise=0.03, seed=seed)
            crystal = fit_geometry(Experiments.of([start]), table, options).experiments[0].crystal
            assert crystal.is_scan_varying
            off, sd = crystal.cell - truth.crystal.cell, crystal.cell_parameter_sd
            error[name].append(off[:3])
            pulls[name].append(off[sd > 0] / sd[sd > 0])
    assert _rms(pulls["free"]) < 1.7
    assert _rms(error["held"]) > 1.4 * _rms(error["free"])


def _rms(values):
    return np.sqrt(np.mean(np.square(values)))
