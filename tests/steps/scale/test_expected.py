"""What to expect of a weak reflection, averaged over many."""

import numpy as np
import pytest

from gnomon.maths.intensities.merging import KeptMeans
from gnomon.steps.scale.error_model import Counting, expected_moments, expected_of_shells


def merged(mean: np.ndarray, sigma: np.ndarray | float, known: np.ndarray | bool = True) -> KeptMeans:
    n = len(mean)
    return KeptMeans(mean, np.broadcast_to(sigma, n) ** 2.0, np.broadcast_to(known, n))


@pytest.mark.parametrize("noise", [0.2, 1.0, 5.0])
def test_expected_intensity_is_near_the_truth_at_every_measured_value(noise: float) -> None:
    rng = np.random.default_rng(int(10 * noise))
    truth = rng.exponential(1.0, 40000)
    measured = truth + noise * rng.normal(size=len(truth))
    first, second = expected_moments(merged(measured, noise), rng.uniform(2, 3, len(truth)))
    assert (first > 0).all()
    for rows in np.array_split(np.argsort(measured), 5):  # the prior is none of exponential truth alone
        assert first[rows].mean() == pytest.approx(truth[rows].mean(), rel=0.2, abs=0.12)
        assert second[rows].mean() == pytest.approx((truth[rows] ** 2).mean(), rel=0.7, abs=0.1)


@pytest.mark.parametrize(("mean", "background"), [(8.0, 10.0), (60.0, 20.0), (0.7, 20.0)])
def test_errors_of_counts_hold_at_every_true_intensity(mean: float, background: float) -> None:
    rng = np.random.default_rng(round(mean))
    truth, n = rng.exponential(mean, 40000), 4
    counts = rng.poisson(truth[:, None] + background, (len(truth), n)) - background
    average = counts.mean(axis=1)
    sigma = np.sqrt(np.maximum(average + background, 1) / n)
    first, _ = expected_moments(merged(average, sigma), rng.uniform(2, 3, len(truth)))
    pull = (counts - truth[:, None]) / np.sqrt(first + background)[:, None]
    spread = np.array([pull[rows].std() for rows in np.array_split(np.argsort(truth), 10)])
    assert (np.abs(spread - 1) < 0.05).all()


def test_the_mean_of_a_shell_is_deaf_to_what_was_rejected_and_to_absurd_sigmas() -> None:
    rng = np.random.default_rng(4)
    truth, d = rng.exponential(100.0, 400), rng.uniform(2, 3, 400)
    value, sigma, known = truth + 5 * rng.normal(size=400), np.full(400, 5.0), np.ones(400, bool)
    before = expected_of_shells(merged(value, sigma), d)
    value[7], known[7] = 1e9, False
    value[8], sigma[8] = 3e4, 6583.0
    after = expected_of_shells(merged(value, sigma, known), d)
    assert after.mean() == pytest.approx(before.mean(), rel=0.03)
    assert (after / before).max() < 1.5  # shells of 50, one reflection fewer


@pytest.mark.parametrize("background", [0.02, 0.5])
@pytest.mark.parametrize("mean", [0.3, 2.0])
def test_few_counts_are_expected_to_be_what_they_are(mean: float, background: float) -> None:
    rng = np.random.default_rng(round(10 * mean))
    truth, n = rng.exponential(mean, 40000), 4
    average = rng.poisson(n * (truth + background)) / n - background
    first = np.full(len(truth), mean)
    for _ in range(4):  # variances follow what is expected, as in scaling
        means = merged(average, np.sqrt((first + background) / n))
        counting = Counting(np.full(len(truth), 1 / n), np.full(len(truth), background))
        first, second = expected_moments(means, rng.uniform(2, 3, len(truth)), counting)
    assert first.mean() == pytest.approx(mean, rel=0.03)
    assert second.mean() == pytest.approx((truth**2).mean(), rel=0.25)  # the centric prior's is half as large again
    for count in range(4):  # a normal distribution of the variance of no counts would say .4 / n of none, not .75 / n
        rows = np.abs(average + background - count / n) < 1e-9
        assert first[rows].mean() == pytest.approx(truth[rows].mean(), rel=0.25)
