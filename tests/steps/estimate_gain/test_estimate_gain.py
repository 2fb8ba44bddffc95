"""Gains of counts that were made with one, spots and slopes and gaps or not."""

import numpy as np
import pytest

from gnomon import estimate_gain, import_images
from gnomon.pipeline import STEPS
from gnomon.steps.estimate_gain.step import dispersion, half_sample_mode


def background(gain, shape=(200, 240), mean=8.0, seed=1):
    """Poisson counts times a gain, on a slope, with a spot in every hundredth pixel or so."""
    rng = np.random.default_rng(seed)
    y, x = np.indices(shape)
    counts = rng.poisson(mean * (1 + 0.5 * x / shape[1])) * gain
    for at in rng.integers(10, 190, (40, 2)):
        spot = 3000 * np.exp(-(((y - at[0]) ** 2 + (x - at[1]) ** 2) / 2))
        counts = counts + gain * rng.poisson(spot / gain)
    return counts


@pytest.mark.parametrize("gain", [1, 4, 30])
def test_the_gain_of_an_image_is_found_through_its_spots(gain, tmp_path, write_cbf):
    path = write_cbf(tmp_path / "a_00001.cbf", background(gain).astype(np.int32))
    result = estimate_gain(import_images([path]))
    (found,) = result.summary.sweeps
    assert found.gain == pytest.approx(gain, rel=0.08)
    assert found.quartiles[2] > 1.5 * gain
    words = STEPS["estimate_gain"].describe(result)
    assert ("modify_experiments" in words) == (gain != 1)
    (panels,) = result.product
    assert np.nanmedian(panels[0]) >= found.gain


def test_the_ratio_in_a_window_is_that_of_its_pixels():
    rng = np.random.default_rng(2)
    counts, valid = rng.poisson(5.0, (30, 40)).astype(float), rng.random((30, 40)) < 0.9
    valid[12, 20] = True
    found = dispersion(counts, valid, (4, 3))
    window = (slice(9, 16), slice(16, 25))
    inside = counts[window][valid[window]]
    assert found[12, 20] == pytest.approx(inside.var(ddof=1) / inside.mean(), rel=1e-9)
    assert np.isnan(found[~valid]).all()
    assert np.isnan(dispersion(counts, valid & (np.arange(40) < 3), (4, 3))).all()


def test_the_mode_is_that_of_the_bulk():
    rng = np.random.default_rng(3)
    values = np.concatenate([rng.normal(2.0, 0.1, 5000), rng.uniform(2, 100, 4000)])
    assert half_sample_mode(values) == pytest.approx(2.0, abs=0.06)


def test_of_several_images_the_mean(tmp_path, write_cbf):
    for i in range(3):
        write_cbf(
            tmp_path / f"a_0000{i + 1}.cbf", background(2, seed=i).astype(np.int32), Start_angle=f"{0.5 * i} deg."
        )
    experiments = import_images(sorted(map(str, tmp_path.glob("*.cbf")))).experiments
    (one,), (three,) = (estimate_gain(experiments, max_images=n).summary.sweeps for n in (1, 3))
    assert (one.images, three.images) == ((1,), (1, 2, 3))
    assert three.windows > 2.5 * one.windows
    assert three.gain == pytest.approx(2.0, rel=0.08)
