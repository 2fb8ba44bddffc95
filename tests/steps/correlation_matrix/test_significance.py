"""Each of the two tests has the level it claims."""

import numpy as np
from merged_sets import planted_sets

from gnomon.steps.correlation_matrix.scores import Scores
from gnomon.steps.correlation_matrix.significance import best_cut, combined, p_gap, p_real


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
        assert p < 1e-3
        assert 0.1 < cut < 0.9


def test_gap_does_not_mind_a_group_in_the_middle():
    rng = np.random.default_rng(2)
    places = np.concatenate([middle + 0.05 * rng.normal(size=12) for middle in (0, 0.5, 1)])
    p, _ = p_gap(cloud(places, 0.05), np.arange(36), rng)
    assert p < 1e-3


def test_best_cut_is_that_of_all_cuts():
    rng = np.random.default_rng(3)
    x, error = rng.normal(size=9), np.full(9, 0.1)

    def half_log_variance(values):
        return len(values) / 2 * np.log(max(values.var(), 0.01))

    ordered, gains = np.sort(x), []
    for k in range(2, 8):
        low, high = ordered[:k], ordered[k:]
        parts = half_log_variance(low) + half_log_variance(high)
        gains.append(half_log_variance(x) - parts + k * np.log(k / 9) + (9 - k) * np.log(1 - k / 9))
    gain, cut = best_cut(x[None], error)
    best = int(np.argmax(gains))
    assert gain[0] == np.float64(gains[best]) or abs(gain[0] - gains[best]) < 1e-9
    assert ordered[best + 1] < cut[0] < ordered[best + 2]


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
