"""Learning and fitting profiles: planted shapes and intensities come back."""

import math

import numpy as np
import pytest
from shoeboxes import claim, expected, filled, spots, sum_up

from gnomon.kernels.profile import fit_profile, learn_profile, normal_cumulative, rocking_cumulative

STEP, HALF, EXTENT = 0.5, 8, 5.0
FLAT = np.ones((1, 2 * HALF + 1, 2 * HALF + 1))
STRAIGHT = np.zeros((1, 41))


def fit(box, background, used, ratio=FLAT, bend=STRAIGHT):
    n = len(box.bbox)
    fitted = np.zeros((n, 7))
    fit_profile(
        box.ring, box.owner, box.which, np.zeros(n, np.int64), box.bbox, box.start, box.width, box.local,
        box.inverse_b, box.rate, box.z_cal, box.shear, box.area, box.radius, box.gain, box.pedestal, background,
        np.full(n, used), np.zeros(n, bool), ratio, bend, STEP, EXTENT, fitted,
    )  # fmt: skip
    return fitted


def learned(box, background, total):
    grid, n = np.zeros((4, 2 * HALF + 1, 2 * HALF + 1)), len(box.bbox)
    shares, spread = np.empty((n, 12)), np.empty((n, 4))
    learn_profile(
        box.ring, box.which, np.ones(n), box.bbox, box.start, box.width, box.local, box.inverse_b, box.rate, box.z_cal,
        box.shear, box.area, box.radius, box.gain, box.pedestal, background, np.ascontiguousarray(total[:, 0]), STEP,
        grid, shares, spread,
    )  # fmt: skip
    return grid, shares, spread


def centres_of(rng):
    return np.column_stack([[15, 45, 15, 45], [12, 12, 38, 38], [5, 6, 5, 6]]) + rng.uniform(0, 1, (4, 3))


def test_a_fit_is_the_poisson_maximum_likelihood_of_numpy():
    box = filled([[21.4, 24.7, 5.3]], 300.0, 1.5, 1)
    background = np.array([[1.5, 0, 0, 0, 1, 1.5]])
    fitted = fit(box, background, 400)[0]
    x0, x1, y0, y1, z0, z1 = box.bbox[0]
    _z, y, x = np.mgrid[z0:z1, y0:y1, x0:x1] + 0.5
    inside = np.hypot(x - 21.4, y - 24.7) / 1.2 <= 3.3
    edges = normal_cumulative(((np.arange(z0, z1 + 1) - 5.3) / 0.6)[None])[0]
    p = np.diff(edges)[:, None, None] * np.exp(-0.5 * ((x - 21.4) ** 2 + (y - 24.7) ** 2) / 1.44) / (2 * np.pi * 1.44)
    d, p = box.ring.reshape(box.size[::-1])[z0:z1, y0:y1, x0:x1][inside], p[inside]
    intensity = np.linspace(200, 400, 20001)
    log_likelihood = [(d * np.log(1.5 + i * p) - i * p).sum() for i in intensity]
    assert fitted[0] == pytest.approx(intensity[np.argmax(log_likelihood)], abs=0.1)
    v = 1.5 + fitted[0] * p
    bottom, drift = (p * p / v).sum(), (p / v).sum()
    assert fitted[1] == pytest.approx(1 / bottom + 1.5 / 400 * (drift / bottom) ** 2, rel=1e-3)
    assert fitted[2] == pytest.approx(np.corrcoef(d, p)[0, 1])
    assert fitted[4] == pytest.approx(edges[-1] - edges[0])
    assert fitted[6] == inside.sum()


@pytest.mark.parametrize("intensity", [0.0, 12.0, 60.0, 2000.0])
def test_fits_are_unbiased_and_their_sigmas_right(intensity):
    rng, z, sums = np.random.default_rng(3), [], []
    for seed in range(100):
        box = filled(centres_of(rng), intensity, 0.7, seed)
        _, total, background, _ = sum_up(box)
        fitted = fit(box, background, 300)
        z.extend((fitted[:, 0] - intensity) / np.sqrt(fitted[:, 1]))
        sums.extend(total[:, 0])
        if intensity <= 60:
            assert (fitted[:, 1] < total[:, 1] + 25).all()
    assert abs(np.mean(z)) < 0.2
    assert 0.88 < np.std(z) < 1.12


def test_weak_spots_are_better_fitted_than_summed():
    rng, fits, sums = np.random.default_rng(4), [], []
    for seed in range(100):
        box = filled(centres_of(rng), 15.0, 1.0, seed)
        _, total, background, _ = sum_up(box)
        fits.extend(fit(box, background, 300)[:, 0] - 15.0)
        sums.extend(total[:, 0] - 15.0)
    assert np.std(fits) < 0.8 * np.std(sums)


def test_a_sheared_spot_is_whole_in_its_moving_foreground():
    shape = {"width": 2.0, "shear": 1.5, "sigma": 1.2}
    box = spots([[30.2, 25.4, 6.1]], half=12, **shape)
    box.ring[:] = np.rint(expected(box, 0, 1e6, **shape)).reshape(box.ring.shape)
    claim(box)
    background = np.zeros((1, 6))
    assert fit(box, background, 500)[0, 0] == pytest.approx(1e6, rel=0.01)
    box.shear[:] = 0.0
    assert fit(box, background, 500)[0, 2] < 0.95


def test_partials_and_gaps_give_the_whole_intensity():
    box = spots([[30.2, 25.4, 0.4]], width=1.0)
    box.ring[:] = np.rint(expected(box, 0, 1e6, width=1.0)).reshape(box.ring.shape)
    claim(box)
    frames = box.ring.reshape(box.size[::-1])
    frames[:, :, 31:33] = -(2**31)
    fitted = fit(box, np.zeros((1, 6)), 500)[0]
    assert fitted[0] == pytest.approx(1e6, rel=0.02)
    assert fitted[4] == pytest.approx(0.5 + 0.5 * math.erf(0.4 / math.sqrt(2)), abs=0.01)
    assert 0.5 < fitted[5] < 0.8


def test_learning_finds_a_shape_that_is_not_the_gaussian():
    """Spots 30 % wider than believed: observed over expected share falls at the centre and rises outside."""
    rng, grid, spread = np.random.default_rng(5), 0.0, []
    for seed in range(30):
        box = filled(centres_of(rng), 5000.0, 0.5, seed, half=9, sigma=1.2)
        box.inverse_b *= 1.2 / 0.9
        box.area *= (1.2 / 0.9) ** 2
        _, total, background, _ = sum_up(box)
        part, shares, moments = learned(box, background, total)
        grid = grid + part
        spread.append(moments)
        assert shares.sum(axis=1) == pytest.approx(1.0, abs=1e-6)
    ratio = grid[0] / np.maximum(grid[1], 1e-12)
    true = (0.9 / 1.2) ** 2
    assert ratio[HALF, HALF] == pytest.approx(true, rel=0.1)
    assert ratio[HALF, HALF + 4] == pytest.approx(true * math.exp(0.5 * 2.0**2 * (1 - true)), rel=0.15)
    observed, model = np.concatenate(spread).reshape(-1, 2, 2).mean(axis=0)
    assert (observed / model > 1.3).all()


def test_the_rocking_curve_is_the_normal_one_plus_its_bend():
    bend = np.zeros(41)
    bend[24] = 0.05  # at c3 = 1
    normal = normal_cumulative(np.array([[1.0, 0.75, 0.875]]))[0]
    assert rocking_cumulative(1.0, bend, EXTENT) == pytest.approx(normal[0] + 0.05)
    assert rocking_cumulative(0.75, bend, EXTENT) == pytest.approx(normal[1])
    assert rocking_cumulative(0.875, bend, EXTENT) == pytest.approx(normal[2] + 0.025)
    assert rocking_cumulative(-9.0, bend, EXTENT) == 0.0 or rocking_cumulative(-9.0, bend, EXTENT) < 1e-12
    assert rocking_cumulative(9.0, bend, EXTENT) == pytest.approx(1.0)
