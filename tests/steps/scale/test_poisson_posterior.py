"""Moments of the posterior of few counts: closed forms where there are any, the integral elsewhere."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import gammaincc

from gnomon.maths.intensities.wilson_posterior import posterior_intensity
from gnomon.steps.scale.poisson_posterior import posterior_counts


@pytest.mark.parametrize("counted", [0.0, 0.4, 3.0, 40.0])
@pytest.mark.parametrize("background", [0.0, 0.3, 5.0])
@pytest.mark.parametrize("rate", [1.0, 1.5, 8.0])
def test_moments_are_those_of_the_gamma_distribution_above_the_background(counted, background, rate):
    first, second = posterior_counts(np.array([counted]), np.array([background]), np.array([rate]), centric=False)
    tail = [gammaincc(counted + k, rate * background) for k in (1, 2, 3)]
    mean = (counted + 1) / rate * tail[1] / tail[0]
    square = (counted + 1) * (counted + 2) / rate**2 * tail[2] / tail[0]
    assert first[0] == pytest.approx(mean - background, rel=1e-4, abs=1e-5)
    assert second[0] == pytest.approx(square - 2 * background * mean + background**2, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize(("counted", "background", "rate"), [(0.0, 0.0, 1.0), (2.0, 1.0, 1.2), (30.0, 8.0, 1.01)])
def test_centric_moments_are_the_integrals(counted, background, rate):
    def moment(power):
        density = lambda f: f ** (2 * power) * (f * f + background) ** counted * np.exp(-rate * f * f)  # noqa: E731
        return quad(density, 0, 12, limit=200)[0]

    first, second = posterior_counts(np.array([counted]), np.array([background]), np.array([rate]), centric=True)
    assert (first[0], second[0]) == pytest.approx((moment(1) / moment(0), moment(2) / moment(0)), rel=1e-4)


def test_many_counts_are_normal_and_fewer_than_none_are_none():
    first, _ = posterior_counts(np.array([900.0]), np.array([500.0]), np.array([1.0]), centric=False)
    assert first[0] == pytest.approx(30 * posterior_intensity(np.array([400 / 30]), centric=False)[0][0], rel=0.01)
    none, less = (posterior_counts(np.array([n]), np.ones(1), np.ones(1), centric=False)[0][0] for n in (0.0, -2.0))
    assert none == less == pytest.approx(1.0)
