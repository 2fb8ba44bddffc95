"""Single images that stand out are found; slopes, steps, and data that scatter have none."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.maths.images.odd_images import standing_out

LEAST = np.log(1.5)


@pytest.mark.parametrize("odd", [[12], [0], [59], [30, 31], [5, 40], [20, 22]])
@pytest.mark.parametrize("factor", [0.3, 3.0])
def test_flickers_are_found_and_told_by_their_factor(odd, factor):
    level = np.random.default_rng(1).normal(0, 0.05, 60) + np.linspace(0, 1, 60)
    level[odd] += np.log(factor)
    found = standing_out(level, LEAST)
    assert np.flatnonzero(found).tolist() == odd
    assert np.exp(found[odd]) == pytest.approx(factor, rel=0.3)


def test_a_step_and_a_stretch_are_none():
    level = np.r_[np.zeros(20), np.full(8, -1.0), np.zeros(20), np.full(12, 1.0)]
    assert not standing_out(level, LEAST).any()


@pytest.mark.parametrize(("width", "most"), [(0.02, 0), (0.2, 1), (0.6, 1)])
def test_ordinary_sweeps_have_none(width, most):
    """300 sweeps of 9 to 900 images that turn within 15 or more and fade, and scatter by ``width``."""
    rng, alarms = np.random.default_rng(3), 0
    for _ in range(300):
        z = np.linspace(0, 1, int(rng.choice([9, 20, 60, 180, 900])))
        turns = rng.uniform(0, min(3, len(z) / 15)) * z + rng.uniform()
        level = np.log(1.2 + np.cos(2 * np.pi * turns)) - rng.uniform(0, 4) * z
        alarms += standing_out(level + width * rng.normal(size=len(z)), LEAST).any()
    assert alarms <= most


def test_few_images_are_not_judged():
    assert not standing_out(np.array([0.0] * 4 + [3.0] + [0.0] * 3), LEAST).any()
