"""Images that hold nothing are found, and none that fades, turns or is weak is taken for one."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.maths.blank_images import MeanIntensities, SpotCounts, blank_stretches


def poisson(rate, seed=0):
    return SpotCounts(np.random.default_rng(seed).poisson(rate).astype(float))


def lit(n, level, *blank, left=0.2):
    rate = np.full(n, float(level))
    for first, end in blank:
        rate[first:end] = left
    return rate


@pytest.mark.parametrize(
    ("n", "level", "blank"),
    [
        (60, 350, [(0, 15), (45, 60)]),
        (60, 350, [(25, 35)]),
        (60, 350, [(30, 31)]),
        (10, 300, [(4, 10)]),
        (1800, 100, [(600, 601), (1200, 1800)]),
    ],
)
def test_stretches_are_found_to_the_image(n, level, blank):
    assert blank_stretches(poisson(lit(n, level, *blank))) == blank


def test_where_spots_are_few_a_long_stretch_is_found():
    ((first, end),) = blank_stretches(poisson(lit(1800, 4, (600, 650), left=0.02)))
    assert (abs(first - 600), abs(end - 650)) <= (2, 2)


def test_a_stretch_at_a_tenth_of_the_spots_is_none():
    assert blank_stretches(poisson(lit(60, 350, (20, 30), left=35))) == []


def shapes(n, rng):
    z = np.arange(n) / n
    return {
        "even": np.ones(n),
        "turning": 1.3 + np.cos(2 * np.pi * (z * rng.uniform(0.2, 3) + rng.uniform())),
        "fading": np.exp(-z * rng.uniform(1, 5)),
        "plate": 0.05 + np.abs(np.cos(np.pi * z * rng.uniform(0.3, 2) + rng.uniform(0, 3))),
        "both": np.exp(-z * rng.uniform(1, 4)) * (1 + 0.8 * np.cos(7 * z)),
    }


@pytest.mark.parametrize("kind", ["even", "turning", "fading", "plate", "both"])
def test_ordinary_data_lose_nothing(kind):
    """200 scans of 20 to 900 images, 0.3 to 800 spots an image, whose counts scatter by a quarter besides Poisson."""
    rng = np.random.default_rng(3)
    alarms = 0
    for seed in range(200):
        n, level = int(rng.choice([20, 60, 180, 900])), np.exp(rng.uniform(np.log(0.3), np.log(800)))
        rate = level * shapes(n, rng)[kind] * np.exp(0.25 * rng.normal(size=n))
        alarms += bool(blank_stretches(poisson(rate, seed)))
    assert alarms == 0


def means(level, sigma, number, seed=0):
    noise = np.random.default_rng(seed).normal(size=len(level))
    return MeanIntensities(
        (level + sigma * noise) / sigma**2, np.full(len(level), sigma**-2), np.full(len(level), number)
    )


@pytest.mark.parametrize("sigma", [0.05, 0.12])
def test_intensities_tell_it_too(sigma):
    ((first, end),) = blank_stretches(means(lit(100, 1.0, (50, 75), left=0.0), sigma, 30))
    assert max(abs(first - 50), abs(end - 75)) <= (0 if sigma < 0.1 else 2)


def test_weak_intensities_are_no_blank():
    assert not any(
        blank_stretches(means(np.full(100, 1.0), sigma, 30, s)) for sigma in (0.3, 1, 3, 10) for s in range(50)
    )


def test_images_without_a_single_reflection_are_not_judged():
    weight = np.r_[np.full(40, 100.0), np.zeros(20)]
    assert blank_stretches(MeanIntensities(weight, weight, weight)) == []
