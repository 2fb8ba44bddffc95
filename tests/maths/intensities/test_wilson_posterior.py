"""Moments of French and Wilson's posterior: the integrals themselves."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from gnomon.maths.intensities.wilson_posterior import posterior_amplitude, posterior_intensity


def by_integration(h: float, centric: bool) -> tuple[float, float, float, float]:
    """Mean and deviation of F, means of J = F^2 and J^2, from the posterior of F: F^(0 or 1) exp(-(F^2 - h)^2 / 2)."""

    end = np.sqrt(max(h, 0.0) + 10) if h > -5 else 8 / np.sqrt(-h)
    top = min(h, 0.0) ** 2 / 2  # keeps the density near 1 at its highest

    def moment(power: int) -> float:
        value, _ = quad(lambda f: f ** (power + (not centric)) * np.exp(top - (f * f - h) ** 2 / 2), 0, end)
        return float(value)

    norm = moment(0)
    mean = moment(1) / norm
    return mean, np.sqrt(moment(2) / norm - mean**2), moment(2) / norm, moment(4) / norm


@pytest.mark.parametrize("centric", [False, True])
@pytest.mark.parametrize("h", [-30.0, -10.0, -4.0, -2.345, 0.0, 0.5, 3.0, 9.996, 10.0, 10.01, 40.0])
def test_moments_are_those_of_the_posterior(h: float, centric: bool) -> None:
    mean, sd = posterior_amplitude(np.array([h]), centric)
    first, second = posterior_intensity(np.array([h]), centric)
    assert (mean[0], sd[0], first[0], second[0]) == pytest.approx(by_integration(h, centric), rel=2e-5)
