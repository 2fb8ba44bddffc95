"""Beams that wander along the scan of an electron microscope: the planted path comes back."""

from __future__ import annotations

import numpy as np
import pytest
from made_spots import CELL, spots

from gnomon.io.expt import read_experiments, write_experiments
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.goniometer import Goniometer, rotation_about
from gnomon.models.scan import Scan
from gnomon.steps.refine.params import RefineParams
from gnomon.steps.refine.step import refine

ELECTRONS = 0.0251  # Å
SCAN = Scan((1, 120), (0.0, 0.5))
FREE = {"beam_fix": ("wavelength",), "detector_fix": ("all",)}


def still():
    """A crystal in an electron beam on a detector 1.5 m away, over 60 degrees."""
    panel = Panel(np.eye(3)[0], -np.eye(3)[1], np.array([-28.0, 28.0, -1500.0]), (1024, 1024), (0.055, 0.055))
    crystal = Crystal(rotation_about(np.array([0.4, 0.7, -0.2]), 1.1) @ b_matrix(CELL), " P 2 2")
    return Experiment(Beam(wavelength=ELECTRONS, probe="electron"), Detector((panel,)), Goniometer(), SCAN, crystal)


def path(edges):
    """(n, 2) degrees by which the planted beam is off along x and y: a bow and a slow S."""
    t = edges / 120
    return np.column_stack([0.02 * np.sin(np.pi * t), 0.015 * np.sin(2 * np.pi * t)])


@pytest.fixture(scope="module")
def wandering():
    one = still()
    tilts = np.deg2rad(path(np.arange(121.0)))
    u = np.column_stack([tilts, np.full(121, -1.0)])
    points = u / np.linalg.norm(u, axis=1, keepdims=True) / ELECTRONS
    truth = one.replace(beam=Beam(wavelength=ELECTRONS, probe="electron", s0_at_scan_points=points))
    table, true = spots(Experiments.of([truth]), 0.1, 3, 2.2)
    return Experiments.of([one]), table, true, points


def tilts_of(beam):
    """(n, 2) degrees of the wave vectors at scan points from -z."""
    u = beam.s0_at_scan_points * beam.wavelength
    return np.rad2deg(np.column_stack([u[:, 0], u[:, 1]]))


def off(result, true):
    """Pixels r.m.s. from the true positions, in x or y, of spots that were used or are outliers."""
    judged = result.reflections.has(Flag.USED_IN_REFINEMENT | Flag.CENTROID_OUTLIER)
    error = (result.reflections["xyzcal.px"] - true)[judged, :2]
    return np.sqrt((error**2).mean(axis=0)).max()


@pytest.fixture(scope="module")
def refined(wandering):
    given, table, _, _ = wandering
    return refine(given, table, RefineParams(beam_force_static=False, beam_interval=6.0, **FREE))


def test_the_path_comes_back(wandering, refined):
    """To 0.0003 of 0.03 degrees, a seventh of a pixel: what a smoother of 6 degrees can follow of the S is 0.00015."""
    _, _, true, _ = wandering
    (experiment,) = refined.experiments
    error = tilts_of(experiment.beam) - path(np.arange(121.0))
    assert np.sqrt((error**2).mean()) < 3e-4
    assert np.abs(error).max() < 1e-3
    assert not experiment.crystal.is_scan_varying
    assert off(refined, true) < 0.12
    assert any("beams wander along scans, by 0.0" in said for said in refined.summary.sentences)


def test_a_still_beam_cannot_follow(wandering):
    given, table, true, _ = wandering
    result = refine(given, table, RefineParams(scan_varying=False, **FREE))
    assert result.experiments[0].beam.s0_at_scan_points is None
    assert off(result, true) > 1.0


def test_the_path_is_written_and_read(refined, tmp_path):
    write_experiments(str(tmp_path / "r.expt"), refined.experiments)
    again = read_experiments(str(tmp_path / "r.expt"))
    np.testing.assert_allclose(
        again[0].beam.s0_at_scan_points, refined.experiments[0].beam.s0_at_scan_points, rtol=1e-9
    )


def test_intervals_are_told_by_their_width_or_number(wandering):
    """With one interval of the scan a path is nearly straight: the S is missed by most of its size."""
    given, table, _, _ = wandering
    result = refine(given, table, RefineParams(beam_force_static=False, beam_intervals=1, **FREE))
    names = [one.name for one in result.summary.parameters]
    assert sum("beam tilt 1 at checkpoint" in name for name in names) == 2
    error = tilts_of(result.experiments[0].beam) - path(np.arange(121.0))
    assert np.abs(error[:, 1]).max() > 0.008
    params = RefineParams(orientation_interval=10.0, cell_intervals=4)
    assert [params.interval_over(width) for width in (20.0, 60.0)] == [5.0, 10.0]
    assert RefineParams().interval_over(60.0) is None
