"""Images that hold nothing are found, and none that fades, turns or is weak is taken for one."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.maths.images.blank_images import MeanIntensities, SpotCounts, blank_stretches


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


@pytest.mark.parametrize(
    ("level", "blank", "least"),
    [(10, (800, 900), 20), (3, (600, 900), 18), (1, (400, 500), 17), (1, (600, 900), 19), (0.4, (300, 600), 18)],
)
def test_weak_fine_slices_tell_it_together(level, blank, least):
    """Of 20 scans of 900 images, with a stray spot in 500 blank images; none loses good images."""
    found = 0
    for seed in range(20):
        rate = lit(900, level, blank, left=0.002) * np.exp(0.25 * np.random.default_rng(seed).normal(size=900))
        stretches = blank_stretches(poisson(rate, seed + 100))
        found += sum(min(b, blank[1]) - max(a, blank[0]) > 0.9 * (blank[1] - blank[0]) for a, b in stretches)
        assert sum(max(blank[0] - a, 0) + max(b - blank[1], 0) for a, b in stretches) <= 10 / level
    assert found >= least


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
    """200 scans of 20 to 900 images, 0.1 to 800 spots an image, whose counts scatter by a quarter besides Poisson."""
    rng = np.random.default_rng(3)
    alarms = 0
    for seed in range(200):
        n, level = int(rng.choice([20, 60, 180, 900])), np.exp(rng.uniform(np.log(0.1), np.log(800)))
        rate = level * shapes(n, rng)[kind] * np.exp(0.25 * rng.normal(size=n))
        alarms += bool(blank_stretches(poisson(rate, seed)))
    assert alarms == 0


def means(level, sigma, number, seed=0):
    noise = np.random.default_rng(seed).normal(size=len(level))
    return MeanIntensities(
        (level + sigma * noise) / sigma**2, np.full(len(level), sigma**-2), np.full(len(level), number)
    )


def test_noise_at_the_ends_of_a_stretch_does_not_hide_it():
    found = [blank_stretches(means(lit(300, 1.0, (100, 200), left=0.0), 0.1, 30, seed)) for seed in range(40)]
    assert all(len(f) == 1 and max(abs(f[0][0] - 100), abs(f[0][1] - 200)) <= 1 for f in found)


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
