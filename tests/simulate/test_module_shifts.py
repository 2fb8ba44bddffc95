"""Modules out of place: drawn as asked, and the spots land where truth says."""

import numpy as np
import pytest

from gnomon.io.expt import read_experiments
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.image import Pixels, Scene, expected_image
from gnomon.simulate.instrument import Instrument, gap_mask, module_rectangles
from gnomon.simulate.modules import Modules
from gnomon.simulate.spots import all_spots
from gnomon.simulate.structure_factors import true_intensities
from gnomon.simulate.truth import load_truth


@pytest.fixture(scope="module")
def shifted(params):
    return params.changed(module_shift=0.4, module_turn=0.05)


@pytest.mark.parametrize("size", [(487, 619), (981, 1043), (1030, 1065), (512, 400)])
def test_modules_and_gaps_share_out_the_pixels(size):
    covered = gap_mask(size).astype(int)
    for f0, s0, f1, s1 in module_rectangles(size):
        covered[s0:s1, f0:f1] += 1
    assert (covered == 1).all()


def test_shifts_have_the_spread_asked_for(params):
    rectangles = module_rectangles((2463, 2527))
    drawn = [Modules.of(params.changed(module_shift=0.05, seed=seed), rectangles) for seed in range(20)]
    assert len(rectangles) == 60
    assert np.std([m.shift for m in drawn]) == pytest.approx(0.05, rel=0.05)  # 2400 numbers
    assert not any(m.turn.any() for m in drawn)
    assert Modules.of(params, rectangles) is None


def test_a_pixel_belongs_to_the_nearest_module_and_moves_with_it(params):
    modules = Modules(np.array(module_rectangles((981, 1043))), np.arange(20.0).reshape(10, 2), np.full(10, 0.01))
    centre = (modules.rectangles[:, :2] + modules.rectangles[:, 2:]) / 2
    assert modules.of_pixels(centre).tolist() == list(range(10))
    assert modules.of_pixels(np.array([[489.0, 10], [492.0, 10], [-5, 202.0], [5, 205.0]])).tolist() == [0, 1, 0, 2]
    assert modules.displacement(centre) == pytest.approx(modules.shift)
    right = modules.displacement(centre + np.array([100, 0])) - modules.shift
    assert right == pytest.approx(np.tile([100 * (np.cos(0.01) - 1), 100 * np.sin(0.01)], (10, 1)))


def test_spots_land_where_their_module_puts_them(params, shifted, setting):
    """Centroids of rendered spots, against those on perfect modules and the shifts in truth.json."""
    perfect, instrument = Instrument.of(params), Instrument.of(shifted)
    truth = true_intensities(params, 2.3)
    spots, nominal = (all_spots(params, i, truth, [setting]) for i in (instrument, perfect))
    assert spots.centroid - nominal.centroid == pytest.approx(instrument.modules.displacement(nominal.centroid))
    pixels = Pixels.of(params.changed(gaps=False, dead_pixels=0, hot_pixels=0), instrument, np.zeros((619, 487)))
    scene = Scene(params, instrument, pixels, spots, np.ones(params.images), np.ones(params.images))
    z = np.rad2deg(spots.phi) / params.width
    inner = (z > 3) & (z < params.images - 3) & ((spots.xy > 25) & (spots.xy < [462, 594])).all(axis=1)
    inner &= spots.covariance[:, 2, 2] < np.deg2rad(0.5) ** 2
    for row in np.flatnonzero(inner)[[10, 50, 90, 130]]:
        image = sum(expected_image(scene, np.array([row]), n)[0] for n in range(1, params.images + 1))
        y, x = (np.arange(n) + 0.5 for n in image.shape)
        place = [(image.sum(0) * x).sum() / image.sum(), (image.sum(1) * y).sum() / image.sum()]
        assert place == pytest.approx(spots.centroid[row], abs=0.01)


def test_truth_tells_the_shifts_and_keeps_the_nominal_detector(shifted, tmp_path):
    simulate_dataset(shifted.changed(images=1, d_min=4.0), tmp_path)
    modules = load_truth(tmp_path).numbers["modules"]
    assert [m["rectangle"] for m in modules] == [[0, 0, 487, 195], [0, 212, 487, 407], [0, 424, 487, 619]]
    true = Instrument.of(shifted).modules
    assert [m["shift"] for m in modules] == true.shift.tolist()
    assert [m["turn"] for m in modules] == pytest.approx(np.rad2deg(true.turn).tolist())
    (panel,) = read_experiments(tmp_path / "truth.expt")[0].detector.panels
    assert panel.origin[:2] / 0.172 == pytest.approx(np.array(true_centre(shifted)) * [-1, 1])
    simulate_dataset(shifted.changed(images=1, d_min=4.0, module_shift=0, module_turn=0), tmp_path)
    assert load_truth(tmp_path).numbers["modules"] is None


def true_centre(params):
    return Instrument.of(params).beam_centre
