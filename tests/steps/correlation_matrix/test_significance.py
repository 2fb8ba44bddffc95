"""Each of the two tests has the level it claims."""

import numpy as np
import pytest
from merged_sets import planted_sets

from gnomon.steps.correlation_matrix.scores import Scores
from gnomon.steps.correlation_matrix.significance import combined, gap_ratio, p_gap, p_real


def cloud(places, error):
    n = len(places)
    return Scores(np.asarray(places), np.full(n, error), np.full(n, 100), 0.1)


def test_gap_is_seldom_seen_in_one_normal_cloud():
    rng = np.random.default_rng(0)
    for n in (6, 12, 36):
        p = [p_gap(cloud(rng.normal(size=n), 0.05), np.arange(n), rng)[0] for _ in range(100)]
        assert np.mean(np.array(p) < 0.05) < 0.1
        assert np.mean(np.array(p) < 0.01) < 0.03


def test_gap_is_seen_between_two_tight_groups():
    rng = np.random.default_rng(1)
    for a, b in ((4, 4), (3, 20), (12, 12)):
        places = np.concatenate([0.05 * rng.normal(size=a), 1 + 0.05 * rng.normal(size=b)])
        p, cut = p_gap(cloud(places, 0.05), np.arange(a + b), rng)
        assert p < 5e-3
        assert 0.1 < cut < 0.9


def test_gap_does_not_mind_a_group_in_the_middle():
    rng = np.random.default_rng(2)
    places = np.concatenate([middle + 0.03 * rng.normal(size=12) for middle in (0, 0.5, 1)])
    p, _ = p_gap(cloud(places, 0.05), np.arange(36), rng)
    assert p < 1e-3


def test_difference_of_random_groups_of_one_kind_is_uniform():
    p = []
    for seed in range(40):
        data, _ = planted_sets((10,), seed=seed, reflections=800)
        label = np.random.default_rng(seed).permutation([0, 1] * 5)
        p.append(p_real(data, label))
    assert 0.3 < np.mean(p) < 0.7
    assert min(p) > 1e-4


def test_difference_of_two_kinds_is_seen():
    data, truth = planted_sets((5, 5), cc=0.95, reflections=800)
    assert p_real(data, truth) < 1e-6


def test_p_values_of_halvings_combine_to_twice_their_median():
    assert combined([0.01, 0.02, 0.03]) == 0.04
    assert combined([0.9, 0.8]) == 1.0


def test_gap_is_measured_in_spacings_beside_it():
    assert gap_ratio(np.array([0.0, 0.1, 0.2, 1.2, 1.3]), 0.7) == pytest.approx(10)
    assert gap_ratio(np.array([0.0, 0.1, 0.2]), 0.5) == 0


@pytest.mark.parametrize("shape", ["normal", "uniform", "exponential", "standard_t"])
def test_clouds_of_any_shape_are_seldom_split(shape):
    rng = np.random.default_rng(4)
    more = (3,) if shape == "standard_t" else ()
    p = [p_gap(cloud(getattr(rng, shape)(*more, size=24), 0.05), np.arange(24), rng)[0] for _ in range(40)]
    assert np.mean(np.array(p) < 0.01) <= 0.05
