"""Clusters are split where there are several kinds, and only there."""

import numpy as np
import pytest
from merged_sets import planted_sets

from gnomon.steps.correlation_matrix.partition import Rules, partition

RULES = Rules(0.01, 3, 0)


def clusters_of(data):
    clusters, tested = partition(data, np.arange(data.n), RULES)
    label = np.full(data.n, -1)
    for number, members in enumerate(clusters):
        label[members] = number
    return label, tested


def same_partition(a, b):
    return len(set(zip(a, b))) == len(set(a)) == len(set(b))


@pytest.mark.parametrize(
    ("sizes", "options"),
    [
        ((12, 12, 12), {"cc": 0.9}),
        ((12, 12, 12), {"cc": 0.97}),
        ((12, 12), {"cc": 0.98, "completeness": 0.17}),
        ((4, 4, 4), {"cc": 0.95}),
        ((20, 4), {"cc": 0.95}),
        ((3, 3), {"cc": 0.9}),
    ],
)
def test_kinds_are_told_apart(sizes, options):
    data, truth = planted_sets(sizes, seed=1, **options)
    label, tested = clusters_of(data)
    assert same_partition(label.tolist(), truth.tolist())
    believed = [s for s in tested if s.significant]
    assert len(believed) == len(sizes) - 1
    assert all(s.p < s.level for s in believed)


@pytest.mark.parametrize("cloud", [0.0, 0.1])
def test_one_kind_is_one_cluster(cloud):
    for seed in range(5):
        data, _ = planted_sets((16,), seed=seed, cloud=cloud)
        label, tested = clusters_of(data)
        assert (label == 0).all()
        assert len(tested) == 1


def test_a_continuous_change_is_real_but_has_no_gap():
    data, _ = planted_sets((24,), seed=3, cloud=0.15)
    _, (split,) = clusters_of(data)
    assert split.p_real < 1e-6
    assert split.p_gap > 0.01


def test_clusters_come_greatest_first_and_twice_the_same():
    data, _ = planted_sets((5, 9), cc=0.9, seed=2)
    first, second = (partition(data, np.arange(14), RULES) for _ in range(2))
    assert [len(c) for c in first[0]] == [9, 5]
    assert [c.tolist() for c in first[0]] == [c.tolist() for c in second[0]]
    assert [s.p for s in first[1]] == [s.p for s in second[1]]


def test_data_sets_too_few_to_split_are_one():
    data, _ = planted_sets((2, 1), cc=0.9)
    label, tested = clusters_of(data)
    assert (label == 0).all()
    assert tested == []


def test_no_members_make_no_cluster():
    data, _ = planted_sets((3, 3), seed=1, cc=0.9)
    assert partition(data, np.arange(0), RULES) == ([], [])
