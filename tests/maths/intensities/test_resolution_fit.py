"""Resolution limits of figures whose fall is known."""

from dataclasses import fields

import numpy as np
import pytest

from gnomon.maths.intensities.resolution_fit import cc_half_resolution, crossing_resolution, fit_tanh, tanh_curve
from gnomon.maths.intensities.statistics import ShellStatistics


def shells_with(cc: np.ndarray, pairs: int) -> ShellStatistics:
    edges = np.linspace(0.02, 0.5, len(cc) + 1) ** -0.5
    values = {f.name: np.full(len(cc), np.nan) for f in fields(ShellStatistics)}
    values |= {"d_max": edges[:-1], "d_min": edges[1:], "cc_half": cc, "cc_half_pairs": np.full(len(cc), pairs)}
    return ShellStatistics(**values)


def middle(n: int) -> np.ndarray:
    edges = np.linspace(0.02, 0.5, n + 1)
    return (edges[1:] + edges[:-1]) / 2


def test_tanh_is_recovered_through_noise() -> None:
    s2 = middle(40)
    noise = np.random.default_rng(1).normal(0, 0.02, 40)
    centre, width = fit_tanh(s2, tanh_curve(s2, 0.35, 0.06) + noise, np.ones(40))
    assert (centre, width) == (pytest.approx(0.35, rel=0.01), pytest.approx(0.06, rel=0.1))


def test_cc_half_limit_is_where_the_curve_says() -> None:
    cc = tanh_curve(middle(40), 0.35, 0.06)
    expected = (0.35 + 0.06 * np.arctanh(0.4)) ** -0.5
    assert cc_half_resolution(shells_with(cc, 500), 0.3) == pytest.approx(expected, rel=1e-4)


def test_strong_data_have_no_limit_and_noise_ends_them() -> None:
    assert cc_half_resolution(shells_with(np.full(20, 0.99), 100)) is None
    cc = np.full(20, 0.97)
    cc[12:] = 0.02
    limited = shells_with(cc, 100)
    assert cc_half_resolution(limited) == pytest.approx(limited.d_min[11], rel=0.02)


def test_crossing_of_an_exponential_fall() -> None:
    s2 = middle(30)
    assert crossing_resolution(s2, 50 * np.exp(-10 * s2), 2.0) == pytest.approx((np.log(25) / 10) ** -0.5, rel=0.01)
    assert crossing_resolution(s2, 50 * np.exp(-s2), 2.0) is None
