"""Amplitudes of French and Wilson: no bias on simulated data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gnomon.models.merged import Measured, MergedData
from gnomon.steps.merge.french_wilson import amplitudes, mean_intensity


def simulated(n: int, sigma: float) -> tuple[MergedData, np.ndarray]:
    """Acentric P1 reflections of mean intensity 1 with errors, and the true amplitudes."""
    rng = np.random.default_rng(3)
    hkl = np.stack(np.unravel_index(np.arange(n), (40, 40, 40)), 1) + 1
    true = rng.exponential(1.0, n)
    measured = Measured(true + sigma * rng.standard_normal(n), np.full(n, sigma), np.ones(n, int))
    return MergedData(hkl, np.array([50.0, 60, 70, 90, 90, 90]), " P 1", 1.0, measured), np.sqrt(true)


@pytest.mark.parametrize("sigma", [0.1, 1.0, 2.0])
def test_weak_data_are_not_biased(sigma: float) -> None:
    merged, true = simulated(20_000, sigma)
    expected = mean_intensity(merged)
    assert expected.mean() == pytest.approx(1, abs=0.05)
    found = amplitudes(merged.mean, merged, expected)
    assert found.amplitude is not None
    assert found.amplitude_sigma is not None
    there = np.isfinite(found.amplitude)
    assert there.mean() > 0.99
    assert (found.amplitude[there] > 0).all()
    assert found.amplitude[there].mean() == pytest.approx(true[there].mean(), rel=0.03)
    z = (found.amplitude - true)[there] / found.amplitude_sigma[there]
    assert z.std() == pytest.approx(1, abs=0.05)


def test_hopeless_reflections_have_no_amplitude() -> None:
    merged, _ = simulated(3, 1.0)
    values = Measured(np.array([-5.0, -3.0, np.nan]), np.ones(3), np.ones(3, int))
    found = amplitudes(values, merged, np.full(3, 10.0))
    assert found.amplitude is not None
    assert np.isnan(found.amplitude).tolist() == [True, False, True]


def test_one_absurd_sigma_does_not_move_its_neighbours() -> None:
    merged, _ = simulated(128, 0.5)
    before = amplitudes(merged.mean, merged, mean_intensity(merged)).amplitude
    spoiled = Measured(merged.mean.intensity.copy(), merged.mean.sigma.copy(), merged.mean.count)
    spoiled.intensity[7], spoiled.sigma[7] = 3000.0, 6583.0
    merged = replace(merged, mean=spoiled)
    after = amplitudes(merged.mean, merged, mean_intensity(merged)).amplitude
    assert before is not None
    assert after is not None
    others = np.arange(128) != 7
    assert after[others] == pytest.approx(before[others], rel=0.02)  # weak ones rose by a quarter
