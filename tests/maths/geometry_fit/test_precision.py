"""How well centroids are known, from their residuals: by strength, and not below a floor."""

import numpy as np
import pytest

from gnomon.maths.geometry_fit.precision import (
    CLASS,
    MORE_IMAGES,
    ONE_IMAGE,
    POSITION_FLOOR,
    measured_excess,
    shown_variance,
)


def spots(seed, n, true_of):
    """Counting variances (n, 3) over two decades, and residuals of the variances that ``true_of`` makes of them."""
    rng = np.random.default_rng(seed)
    variance = np.exp(rng.uniform(np.log(1e-4), np.log(1e-2), (n, 3)))
    return variance, rng.normal(0, np.sqrt(true_of(variance)))


def test_spots_that_err_as_they_count_keep_their_variance():
    variance, residuals = spots(1, 4000, lambda v: v)
    shown = shown_variance(residuals, variance, np.full(4000, MORE_IMAGES))
    assert np.median(shown / variance) == pytest.approx(1, abs=0.1)
    assert ((shown / variance > 0.6) & (shown / variance < 1.6)).all()


def test_weak_spots_that_err_more_are_told():
    """Ten times the counting variance at its largest, once at its smallest, and a hundredth of them wild."""

    def true_of(v):
        return v * (v / 1e-4) ** 0.5

    variance, residuals = spots(2, 4000, true_of)
    residuals[::100] = 50.0
    shown = shown_variance(residuals, variance, np.full(4000, MORE_IMAGES))
    within = (variance > 1.5e-4) & (variance < 7e-3)
    np.testing.assert_allclose((shown / true_of(variance))[within], 1, atol=0.45)
    assert np.median((shown / true_of(variance))[within]) == pytest.approx(1, abs=0.1)


def test_angles_are_judged_by_kind_and_few_spots_stay_as_they_count():
    variance, residuals = spots(3, 1000, lambda v: v)
    kind = np.where(np.arange(1000) < 2 * CLASS - 1, ONE_IMAGE, MORE_IMAGES)
    residuals[kind == ONE_IMAGE, 2] *= 10
    shown = shown_variance(residuals, variance, kind)
    np.testing.assert_array_equal(shown[kind == ONE_IMAGE, 2], variance[kind == ONE_IMAGE, 2])
    assert np.median((shown / variance)[kind == MORE_IMAGES, 2]) == pytest.approx(1, abs=0.15)


def test_no_spot_is_better_than_the_floor():
    variance, residuals = spots(4, 1000, lambda v: v * 1e-4)
    excess = measured_excess(residuals, variance, np.full(1000, MORE_IMAGES))
    assert (excess[:, :2] == POSITION_FLOOR).all()
