"""Means of shells: those of Wilson's statistics, whatever hot pixels and absurd sigmas are among them."""

import numpy as np
import pytest

from gnomon.maths.intensities.robust_means import medians, robust_means
from gnomon.maths.numerics.tally import Tally, equal_tally


def shell(n: int, mean: float, sigma: float, kind: str, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    truth = {"acentric": rng.exponential(mean, n), "centric": mean * rng.normal(size=n) ** 2}
    truth["half absent"] = 2 * truth["centric"] * (np.arange(n) % 2)
    return truth[kind] + sigma * rng.normal(size=n)


@pytest.mark.parametrize("kind", ["acentric", "centric", "half absent"])
@pytest.mark.parametrize("sigma", [0.1, 10.0, 300.0])
def test_true_distributions_keep_their_mean(kind: str, sigma: float) -> None:
    value = shell(4000, 10.0, sigma, kind)
    found = robust_means(value, np.full(4000, sigma), Tally(np.zeros(4000, int), 1))
    assert found.mean[0] == pytest.approx(value.mean(), rel=0.015)  # the tail of half absent ones is cut at 10
    assert found.error[0] == pytest.approx(sigma / np.sqrt(4000), rel=1e-2)


@pytest.mark.parametrize(("intensity", "sigma"), [(1e7, 3e3), (20_000.0, 6583.0), (-1e6, 10.0), (np.nan, 1.0)])
def test_one_that_cannot_be_true_moves_nothing(intensity: float, sigma: float) -> None:
    value, sigmas = shell(128, 300.0, 20.0, "acentric"), np.full(128, 20.0)
    before = robust_means(value, sigmas, Tally(np.zeros(128, int), 1)).mean[0]
    value[5], sigmas[5] = intensity, sigma
    found = robust_means(value, sigmas, Tally(np.zeros(128, int), 1))
    assert found.mean[0] == pytest.approx(before, rel=0.03)
    assert not found.counted[5]


def test_bins_apart_empty_ones_and_values_outside() -> None:
    value = np.array([1.0, 2.0, 3.0, 100.0, 7.0])
    tally = Tally(np.array([0, 0, 0, 2, -1]), 3)
    assert medians(value, tally) == pytest.approx([2, np.nan, 100], nan_ok=True)
    assert robust_means(value, np.full(5, 0.1), tally).mean == pytest.approx([2, np.nan, 100], nan_ok=True)


def test_negative_shells_keep_a_mean() -> None:
    found = robust_means(np.full(30, -50.0), np.ones(30), Tally(np.zeros(30, int), 1))
    assert found.mean[0] == -50


def test_equal_tally_orders_by_value() -> None:
    tally = equal_tally(np.array([5.0, 1.0, 3.0, 2.0]), 2)
    assert tally.bins.tolist() == [1, 0, 1, 0]
