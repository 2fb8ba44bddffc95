"""The Ewald construction, against the definition and against the package's own prediction."""

import numpy as np
import pytest

from gnomon.maths.geometry.prediction import predict_scan
from gnomon.models.goniometer import rotation_about
from gnomon.simulate.effects import Slippage
from gnomon.simulate.ewald import crossings
from gnomon.simulate.spots import all_spots
from gnomon.simulate.structure_factors import true_intensities
from gnomon.simulate.true_models import InstrumentModels, true_experiments


def test_crossings_lie_on_the_sphere_at_the_rotated_point(found, indices, setting, instrument):
    assert len(found.phi) > 300
    assert np.linalg.norm(found.s1, axis=1) == pytest.approx(np.full(len(found.phi), 1 / instrument.wavelength))
    for i in range(0, len(found.phi), 20):
        q = rotation_about(np.array([1.0, 0, 0]), found.phi[i]) @ setting @ indices[found.which[i]]
        assert found.s1[i] - instrument.s0 == pytest.approx(q)


def test_no_crossing_is_missed(found, indices, setting, instrument, params):
    phi = np.deg2rad(np.linspace(0, params.width * params.images, 4001))
    points = indices @ setting.T
    excess = np.stack(
        [
            np.linalg.norm(points @ rotation_about(np.array([1.0, 0, 0]), p).T + instrument.s0, axis=1) - 1
            for p in phi[::8]
        ]
    )
    changes = (np.diff(np.sign(excess), axis=0) != 0).sum()
    assert len(found.phi) == pytest.approx(changes, rel=0.02)  # those beside the spindle are left out


def test_rays_meet_the_sensor_where_the_models_say(found, params, instrument, setting):
    detector = true_experiments(params, InstrumentModels.of(instrument), [setting], "P 1", "x_####.cbf")[0].detector
    forward = found.s1[found.s1[:, 2] < -0.1]
    assert instrument.pixel_of(forward) == pytest.approx(detector.intersect(0, forward) / 0.172, abs=1e-8)
    step = np.array([1e-6, -2e-6, 1.5e-6])
    moved = (instrument.pixel_of(forward + step) - instrument.pixel_of(forward - step)) / 2
    assert instrument.pixel_jacobian(forward) @ step == pytest.approx(moved, rel=1e-4, abs=1e-7)


def test_the_package_predicts_the_same(params, instrument, setting):
    """Two codes, one convention: indices, sides, pixels with parallax, and images."""
    spots = all_spots(params, instrument, true_intensities(params, 2.3), [setting])
    experiment = true_experiments(params, InstrumentModels.of(instrument), [setting], "P 1", "x_####.cbf")[0]
    predicted = predict_scan(experiment, 0, 2.3)
    theirs = {
        (*h, bool(e)): xyz
        for h, e, xyz in zip(predicted["miller_index"].tolist(), predicted["entering"], predicted["xyzcal.px"])
    }
    z = np.rad2deg(spots.phi) / params.width
    ours = {
        (*h, bool(e)): (*xy, zz)
        for h, e, xy, zz in zip(spots.hkl.tolist(), spots.entering, spots.centroid, z)
        if 0 <= zz < params.images and ((xy > 1) & (xy < np.array(params.image_size) - 1)).all()
    }
    shared = sorted(ours.keys() & theirs.keys())
    assert len(shared) > 0.97 * len(ours) > 200
    difference = np.array([ours[k] for k in shared]) - np.array([theirs[k] for k in shared])
    # Winter et al. (2018) do not divide the mean depth by the fraction that stops: up to 0.08 px here
    assert np.abs(difference[:, :2]).max() < 0.09
    assert np.abs(difference[:, 2]).max() < 1e-9


def test_a_slipping_crystal_is_followed(params, instrument, indices, setting):
    slippage = Slippage.of(params.changed(slippage=1.0))
    points = indices @ setting.T
    found = crossings(points, instrument, 0.0, np.deg2rad(20.0), slippage)
    assert len(found.phi) > 300
    for i in range(0, len(found.phi), 20):
        turned = rotation_about(slippage.total, np.linalg.norm(slippage(found.phi[i : i + 1]))) @ points[found.which[i]]
        q = rotation_about(np.array([1.0, 0, 0]), found.phi[i]) @ turned
        assert np.linalg.norm(q + instrument.s0) == pytest.approx(1 / instrument.wavelength, abs=1e-7)
