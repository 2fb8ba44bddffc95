"""Sweeps of centroids without images, and crystals that are off the spindle."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.maths.geometry.prediction import predict
from gnomon.models.experiment import Experiments
from gnomon.simulate.centroids import indexed_sweep
from gnomon.simulate.effects import position
from gnomon.simulate.instrument import Instrument
from gnomon.simulate.params import SimulateParams
from gnomon.simulate.true_models import InstrumentModels

PARAMS = SimulateParams(
    cell=(42.0, 58.0, 66.0, 90.0, 103.0, 90.0), space_group="P21", images=40, width=0.5, d_min=3.0, mean_intensity=300.0
)


@pytest.fixture(scope="module")
def sweep():
    return indexed_sweep(PARAMS)


def with_truth(sweep, params):
    """The experiment as it really is."""
    models = InstrumentModels.of(Instrument.of(params))
    return Experiments.of([sweep.experiments[0].replace(detector=models.detector, crystal=sweep.true)])


def test_true_centroids_are_where_the_true_models_predict(sweep):
    """Two programs: the simulator's own crossings and rays through its sensor, and those of the steps."""
    found = predict(with_truth(sweep, PARAMS), sweep.reflections)["xyzcal.px"]
    assert len(found) > 1000
    np.testing.assert_allclose(found, sweep.centroid, atol=2e-3)  # px: the sensor's depth in a few nodes


def test_spots_scatter_as_their_variances_say(sweep):
    difference = sweep.reflections["xyzobs.px.value"] - sweep.centroid
    sigma = np.sqrt(sweep.reflections["xyzobs.px.variance"] - 1 / 12)
    assert np.std(difference[:, :2] / sigma[:, :2]) == pytest.approx(1, abs=0.03)
    assert 0.01 < np.std(difference[:, 2]) < 1 / np.sqrt(12)  # images are coarse
    assert abs(difference[:, 2].mean()) < 0.01


def test_a_crystal_off_the_spindle_goes_round_it():
    params = PARAMS.changed(off_spindle=0.05)
    phi = np.linspace(0, 2 * np.pi, 9)
    at = position(params, phi)
    np.testing.assert_allclose(np.linalg.norm(at, axis=1), 0.05)
    np.testing.assert_allclose(at[0], at[-1], atol=1e-12)
    np.testing.assert_allclose(at[0], -at[4], atol=1e-12)
    instrument = Instrument.of(params)
    s1 = np.array([[0.2, 0.3, -0.9]])
    origin = np.array([[0.0, 0.02, 0.04]])
    on_sensor = origin[0] + s1[0] * (instrument.distance + 0.04) / 0.9
    assert on_sensor[2] == pytest.approx(-instrument.distance)
    expected = on_sensor[:2] * [1, -1] / instrument.pixel_size + instrument.beam_centre
    np.testing.assert_allclose(instrument.pixel_of(s1, origin)[0], expected)
    # the same spots, moved by what the crystal is
    moved, still = indexed_sweep(params), indexed_sweep(PARAMS)
    shared = min(len(moved.centroid), len(still.centroid))
    assert shared > 1000
    away = moved.centroid.mean(axis=0) - still.centroid.mean(axis=0)
    assert np.abs(away[:2]).max() * instrument.pixel_size < 0.1


def test_header_errors_and_indexing_are_what_refinement_starts_from(sweep):
    off = indexed_sweep(PARAMS.changed(beam_error=(2.0, -1.0), distance_error=0.4))
    shift = off.experiments[0].detector.frames[0, :, 2] - sweep.experiments[0].detector.frames[0, :, 2]
    np.testing.assert_allclose(shift, [-2 * 0.172, -1 * 0.172, -0.4], atol=1e-9)
    np.testing.assert_allclose(off.centroid, sweep.centroid)
    start = sweep.experiments[0].crystal.cell / sweep.true.cell
    np.testing.assert_allclose(start[:3], 1.0005, atol=1e-6)
