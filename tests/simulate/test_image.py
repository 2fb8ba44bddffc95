"""An image: every photon is somewhere, the gaps are gaps, the noise is Poisson's."""

import numpy as np
import pytest

from gnomon.simulate.background import background_rate
from gnomon.simulate.dataset import _rows_by_image
from gnomon.simulate.image import DEAD_VALUE, GAP_VALUE, Pixels, Scene, count, expected_image
from gnomon.simulate.spots import all_spots
from gnomon.simulate.structure_factors import true_intensities


@pytest.fixture(scope="module")
def spots(params, instrument, setting):
    return all_spots(params, instrument, true_intensities(params, 2.3), [setting])


@pytest.fixture(scope="module")
def pixels(params, instrument):
    return Pixels.of(params.changed(gaps=False, dead_pixels=0, hot_pixels=0), instrument, np.zeros((619, 487)))


@pytest.fixture(scope="module")
def scene(params, instrument, pixels, spots):
    return Scene(params, instrument, pixels, spots, np.ones(params.images), np.ones(params.images))


def inner(spots, params):
    z = np.rad2deg(spots.phi) / params.width
    size = np.array(params.image_size)
    whole = (z > 3) & (z < params.images - 3) & ((spots.xy > 25) & (spots.xy < size - 25)).all(axis=1)
    return np.flatnonzero(whole & (spots.covariance[:, 2, 2] < np.deg2rad(0.5) ** 2))


def test_a_spot_keeps_its_photons_its_place_and_its_shape(params, spots, scene):
    row = inner(spots, params)[50:51]
    rates = [expected_image(scene, row, n)[0] for n in range(1, params.images + 1)]
    counts = np.array(rates)
    z, y, x = (np.arange(n) + 0.5 for n in counts.shape)
    total = counts.sum()
    assert total == pytest.approx((spots.intensity * spots.factor)[row[0]], rel=2e-3)
    mean_x, mean_y = (counts.sum((0, 1)) * x).sum() / total, (counts.sum((0, 2)) * y).sum() / total
    assert [mean_x, mean_y] == pytest.approx(spots.centroid[row[0]], abs=0.01)
    assert (counts.sum((1, 2)) * z).sum() / total == pytest.approx(np.rad2deg(spots.phi[row[0]]), abs=0.2)
    shift, weight = spots.depth_shift[row[0], :, 0], spots.depth_weight[row[0]]
    depth = (weight * shift**2).sum() - (weight * shift).sum() ** 2
    variance = (counts.sum((0, 1)) * (x - mean_x) ** 2).sum() / total
    assert variance == pytest.approx(spots.covariance[row[0], 0, 0] + depth + 1 / 12, rel=0.03)


def test_the_images_share_out_the_rocking_curve(params, spots, scene):
    rows_of = _rows_by_image(params, spots)
    parts = [expected_image(scene, rows, n)[1] for n, rows in enumerate(rows_of, 1)]
    rows = np.concatenate([p.rows for p in parts])
    fraction = np.bincount(rows, np.concatenate([p.fraction for p in parts]), len(spots.phi))
    assert fraction[inner(spots, params)] == pytest.approx(1.0, abs=2e-4)
    assert fraction.max() <= 1.0 + 1e-12


def test_read_out_marks_gaps_and_dead_pixels_and_counts_photons(params, instrument, spots):
    background = background_rate(params.changed(background=8.0), instrument)
    pixels = Pixels.of(params, instrument, background)
    scene = Scene(params, instrument, pixels, spots, np.ones(params.images), np.ones(params.images))
    image = count(scene, pixels.background.copy(), 3)
    assert image.dtype == np.int32
    assert (image[pixels.gaps] == GAP_VALUE).all()
    assert pixels.gaps.mean() > 0.04
    assert (image.ravel()[pixels.dead] == DEAD_VALUE).all()
    assert (image.ravel()[pixels.hot] > 20).all()
    deviation = (image - background)[pixels.live] / np.sqrt(background[pixels.live])
    assert deviation.mean() == pytest.approx(0, abs=0.01)
    assert deviation.std() == pytest.approx(1, abs=0.01)
    assert (image == count(scene, pixels.background.copy(), 3)).all()
    assert (image != count(scene, pixels.background.copy(), 4)).any()


def test_read_out_noise_lies_about_the_pedestal_and_goes_below_zero(params, instrument, pixels, spots):
    noisy = params.changed(gaps=False, dead_pixels=0, hot_pixels=0, read_noise=4.0, pedestal=3.0)
    scene = Scene(noisy, instrument, pixels, spots, np.ones(params.images), np.ones(params.images))
    image = count(scene, np.full((619, 487), 2.0), 1)
    assert image.mean() == pytest.approx(5.0, abs=0.05)
    assert image.var() == pytest.approx(2 + 16 + 1 / 12, rel=0.02)
    assert (image < 0).mean() > 0.05
