"""How pairs of reflections agree, freed of counting errors."""

import numpy as np
import pytest

from gnomon.maths.laue_group.pairs import agreement, merged, partners, repeated


def pairs(n=20_000, excess=0.0, noise=0.1, seed=0):
    """Two measurements of exponential intensities that differ beyond errors by a share ``excess`` of their variance."""
    rng = np.random.default_rng(seed)
    common, own = rng.exponential(size=n), rng.exponential(size=(2, n))
    x, y = np.sqrt(1 - excess) * (common - 1) + np.sqrt(excess) * (own - 1) + 1
    sigma = np.full(n, noise)
    return x + noise * rng.normal(size=n), y + noise * rng.normal(size=n), (sigma, sigma), (sigma**2, sigma**2)


@pytest.mark.parametrize("excess", [0.0, 0.02, 0.25, 1.0])
@pytest.mark.parametrize("noise", [0.05, 0.7])
def test_the_excess_is_that_planted_whatever_the_noise(excess, noise):
    found = agreement(*pairs(excess=excess, noise=noise))
    assert found.excess == pytest.approx(excess, abs=max(3 * found.excess_sigma, 0.01))


def test_its_error_is_as_printed():
    """Over 300 draws of 200 pairs; errors of sigmas, which are not made here, are allowed for on top."""
    draws = [agreement(*pairs(200, 0.2, 0.05, seed)) for seed in range(300)]
    pull = np.array([(d.excess - 0.2) / d.excess_sigma for d in draws])
    assert 0.8 < pull.std() < 1.15


def test_two_reflections_or_none_say_nothing():
    empty = np.zeros(0)
    found = agreement(empty, empty, (empty, empty), (empty, empty))
    assert found.excess_sigma == np.inf


def test_merging_joins_friedel_mates_with_their_counting_noise():
    hkl = np.array([[1, 2, 3], [-1, -2, -3], [2, 0, 0]])
    data = merged(hkl, np.array([1.0, 3.0, 5.0]), np.full(3, 0.5), np.full(3, 0.04))
    assert len(data.hkl) == 2
    assert sorted(data.e2) == [2.0, 5.0]
    assert sorted(data.noise) == pytest.approx([0.02, 0.04])


def test_partners_are_related_once():
    rng = np.random.default_rng(1)
    hkl = rng.integers(-6, 7, (600, 3))
    hkl = hkl[hkl.any(axis=1)]
    data = merged(hkl, np.ones(len(hkl)), np.ones(len(hkl)))
    W = np.diag([-1, 1, -1])
    i, j = partners(data, W)
    image = data.hkl[i] @ W
    assert ((image == data.hkl[j]).all(axis=1) | (image == -data.hkl[j]).all(axis=1)).all()
    assert len(np.unique(np.minimum(i, j) * 10_000 + np.maximum(i, j))) == len(i)


def test_repeats_are_of_one_reflection():
    hkl = np.array([[1, 2, 3], [0, 0, 1], [-1, -2, -3], [1, 2, 3]])
    i, j = repeated(hkl)
    assert sorted(zip(i.tolist(), j.tolist())) == [(0, 2), (2, 3)]
