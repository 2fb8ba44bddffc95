"""Sums over pairs of data sets, against correlations worked out one index at a time."""

from functools import partial

import numpy as np
import pytest

from gnomon.distribute.executor import INLINE, Inline, Threads
from gnomon.distribute.workers import Workers
from gnomon.kernels.pair_correlation import N_SUMS, sums_of_related
from gnomon.maths.crystal.lattice import b_matrix, lattice_symmetry
from gnomon.maths.data_sets.pairwise import (
    LEAST_TASKS,
    PAIRS_A_TASK,
    MergedSet,
    Pairs,
    correlations,
    exchanged,
    pairwise_correlations,
    shared_out,
)
from gnomon.steps.cosym.operators import RotationGroup, in_orbits

SPAN = 201
CELLS = {"cubic": (9, 9, 9, 90, 90, 90), "hexagonal": (9, 9, 13, 90, 90, 120), "monoclinic": (9, 10, 11, 90, 104, 90)}


def group_of(name):
    return RotationGroup(lattice_symmetry(b_matrix(np.array(CELLS[name], float)), 1.0)[0])


def data_set(seed, n=60):
    """Unique indices under -1 with intensities and errors."""
    rng = np.random.default_rng(seed)
    hkl = rng.integers(-3, 4, (n, 3))
    hkl = np.unique(np.where((hkl @ [49, 7, 1] < 0)[:, None], -hkl, hkl), axis=0)
    hkl = hkl[hkl.any(axis=1)]
    return hkl, rng.exponential(1.0, len(hkl)), rng.uniform(0.1, 0.6, len(hkl))


def both_ways(relation, i, sums):
    """Of set i with those up to itself, and of those before it with i."""
    return sums, exchanged(sums[:i][..., relation[0], :])


def all_sums(sets, relation, weighting, executor=INLINE):
    """(n, n, m, N_SUMS) of all pairs, put together from those of each data set with the ones before it."""
    pairs = Pairs.of(sets, relation, weighting)
    found = np.zeros((len(sets), len(sets), len(relation), N_SUMS))
    for i, (mine, others) in enumerate(pairs.each(partial(both_ways, relation), range(len(sets)), executor)):
        found[i, : i + 1], found[:i, i] = mine, others
    return found


def matched(one, other, W):
    """Rows whose indices W relates: h_i W = +-h_j."""
    index = {tuple(h): j for j, h in enumerate(other.tolist())}
    index |= {tuple(-x for x in h): j for h, j in list(index.items())}
    found = [(i, index[tuple(h)]) for i, h in enumerate((one @ W).tolist()) if tuple(h) in index]
    return tuple(np.array(found, int).reshape(-1, 2).T)


@pytest.mark.parametrize("weighting", ["none", "sigma"])
@pytest.mark.parametrize("name", CELLS)
def test_correlations_are_those_of_matched_indices(name, weighting):
    group = group_of(name)
    data = [data_set(seed) for seed in range(3)]
    found = correlations(all_sums([in_orbits(*d, group, SPAN) for d in data], group.relation, weighting))
    for i, (hkl_i, x, sx) in enumerate(data):
        for j, (hkl_j, y, sy) in enumerate(data):
            for k, W in enumerate(group.rotations):
                a, b = matched(hkl_i, hkl_j, W)
                assert found.pairs[i, j, k] == len(a)
                if len(a) < 3:
                    assert found.weight[i, j, k] == 0
                    continue
                w = 1 / (1 + sx[a] ** 2 + sy[b] ** 2) if weighting == "sigma" else np.ones(len(a))
                cov = np.cov(x[a], y[b], aweights=w, ddof=0)
                assert found.cc[i, j, k] == pytest.approx(cov[0, 1] / np.sqrt(cov[0, 0] * cov[1, 1]), abs=1e-9)
                assert found.weight[i, j, k] == pytest.approx(w.sum() ** 2 / (w @ w))


@pytest.mark.parametrize("executor", [Threads(Workers(3)), Inline(pickled=True)], ids=["threads", "pickled"])
def test_the_same_wherever_blocks_are_worked_on(executor):
    group = group_of("hexagonal")
    sets = [in_orbits(*data_set(seed), group, SPAN) for seed in range(9)]
    once = all_sums(sets, group.relation, "sigma")
    np.testing.assert_array_equal(once, all_sums(sets, group.relation, "sigma", executor))


@pytest.mark.parametrize(("first", "n"), [(0, 0), (0, 1), (3, 9), (0, 36), (300, 2000)])
def test_each_data_set_is_in_one_task(first, n):
    numbers = np.arange(first, n)
    parts = shared_out(numbers, numbers + 1)
    np.testing.assert_array_equal(np.concatenate([numbers[:0], *parts]), numbers)
    pairs = [int((part + 1).sum()) for part in parts]
    assert max(pairs, default=0) <= PAIRS_A_TASK + n
    if n > 4 * LEAST_TASKS:
        assert len(parts) >= LEAST_TASKS
        assert max(pairs) - min(pairs) <= 2 * n


def test_a_row_of_all_is_that_of_the_sums():
    group = group_of("cubic")
    pairs = Pairs.of([in_orbits(*data_set(seed), group, SPAN) for seed in range(6)], group.relation, "sigma")
    whole = all_sums(pairs.sets, group.relation, "sigma")
    for i in range(6):
        np.testing.assert_allclose(pairs.row(i), whole[i], rtol=1e-12)
        np.testing.assert_array_equal(pairs.row(i, 3), pairs.row(i)[:3])


def test_information_is_in_what_is_shared():
    sets = [MergedSet(np.arange(k, k + 4), np.ones(4), np.full(4, 0.5)) for k in (0, 2, 9)]
    np.testing.assert_allclose(Pairs.of(sets, np.zeros((1, 1), int)).information(), [2 / 1.25, 2 / 1.25, 0])


def test_sums_over_a_few_rotations():
    rng = np.random.default_rng(0)
    sums, which = rng.normal(size=(5, 7, N_SUMS)), rng.integers(0, 7, (5, 3, 4))
    out = np.zeros((5, 3, N_SUMS))
    sums_of_related(sums, which, out)
    np.testing.assert_allclose(out, sums[np.arange(5)[:, None, None], which].sum(axis=2))


def test_data_sets_by_index_alone():
    rng = np.random.default_rng(2)
    true = rng.exponential(1.0, 500)
    sets = []
    for noise in (0.1, 0.1, 1.0):
        key = np.sort(rng.permutation(500)[:300])
        sets.append(MergedSet(key, true[key] + rng.normal(0, noise, 300), np.full(300, noise)))
    found = pairwise_correlations(sets, "sigma")
    np.testing.assert_array_equal(found.cc, found.cc.T)
    np.testing.assert_array_equal(np.diagonal(found.cc), 1.0)
    np.testing.assert_array_equal(np.diagonal(found.weight), 0.0)
    both = np.intersect1d(sets[0].key, sets[1].key, return_indices=True)[1:]
    assert found.pairs[0, 1] == len(both[0])
    assert found.cc[0, 1] == pytest.approx(np.corrcoef(sets[0].value[both[0]], sets[1].value[both[1]])[0, 1])
    assert found.cc[0, 1] > 0.95 > 0.85 > found.cc[0, 2]
    assert found.sigma[0, 1] < found.sigma[0, 2] < np.inf == found.sigma[0, 0]


def test_too_few_common_reflections_say_nothing():
    sets = [MergedSet(np.arange(k, k + 4), np.arange(4.0), np.ones(4)) for k in (0, 2, 9)]
    found = pairwise_correlations(sets, min_pairs=3)
    assert found.pairs[0, 1] == 2
    assert found.pairs[0, 2] == 0
    assert not found.weight.any()
    assert (found.cc == np.eye(3)).all()
