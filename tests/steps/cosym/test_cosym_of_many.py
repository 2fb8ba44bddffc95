"""More data sets than are solved at once: some together, the others put beside them, and no larger arrays for it."""

import tracemalloc

import numpy as np
import pytest
from test_settings import crystals

from gnomon.distribute.executor import Threads
from gnomon.distribute.workers import Workers
from gnomon.maths.crystal.bravais import metric_subgroups
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.data_sets.pairwise import Pairs
from gnomon.step import Context
from gnomon.steps.cosym import coordinates, settings
from gnomon.steps.cosym.operators import RotationGroup, in_orbits
from gnomon.steps.cosym.params import CosymParams
from gnomon.steps.cosym.step import cosym


def data_sets(n, reflections, seed=0):
    """Pairs of n data sets of one structure of P 4 in a lattice of P 4 2 2, and the rotation each was indexed in."""
    rng = np.random.default_rng(seed)
    W = metric_subgroups(b_matrix(np.array([20.0, 20, 29, 90, 90, 90])), 1.0)[0].rotations
    group = RotationGroup(np.concatenate([W[W.trace(axis1=1, axis2=2) == 3], W[W.trace(axis1=1, axis2=2) != 3]]))
    hkl = np.indices((9, 9, 9)).reshape(3, -1).T - 4
    hkl = hkl[(hkl @ [81, 9, 1]) > 0]
    fourfold = [g for g in group.rotations if (g[2] == [0, 0, 1]).all() and (g[:, 2] == [0, 0, 1]).all()]
    family = np.array([max(tuple(s * (h @ g)) for g in fourfold for s in (1, -1)) for h in hkl])
    which = np.unique(family, axis=0, return_inverse=True)[1].ravel()
    true = rng.exponential(1.0, which.max() + 1)[which]
    turn = rng.integers(0, len(group), n)
    sets = []
    for g in turn:
        rows = np.sort(rng.permutation(len(hkl))[:reflections])
        h = hkl[rows] @ group.rotations[g]
        h = np.where((h @ [81, 9, 1] < 0)[:, None], -h, h)
        sets.append(in_orbits(h, rng.normal(true[rows], 0.2), np.full(len(rows), 0.2), group, 101))
    symmetry = [k for k, g in enumerate(group.rotations) if any((g == f).all() for f in fourfold)]
    return Pairs.of(sets, group.relation, "sigma"), group, turn, np.array(symmetry)


def right(found, turn, group, symmetry):
    """The share of data sets in the setting that most are in: true indices times S C, S of the point group, one C."""
    settings_reached = group.product[symmetry[:, None], group.product[turn, found]].min(axis=0)
    return max(np.unique(settings_reached, return_counts=True)[1]) / len(turn)


def test_settings_of_more_than_the_mean_field_takes(monkeypatch):
    pairs, group, turn, symmetry = data_sets(60, 100)
    assert right(settings.settings_of(pairs, group), turn, group, symmetry) == 1
    monkeypatch.setattr(settings, "MEAN_FIELD", 15)
    found = settings.settings_of(pairs, group)
    assert right(found, turn, group, symmetry) == 1
    np.testing.assert_array_equal(found, settings.settings_of(pairs, group, Threads(Workers(3))))


def test_the_answer_does_not_depend_on_how_many_are_solved_at_once(monkeypatch):
    experiments, table, _ = crystals("P 3", n=40)
    whole = cosym(experiments, table, CosymParams())
    monkeypatch.setattr(settings, "MEAN_FIELD", 15)
    monkeypatch.setattr(coordinates, "_MOST_POINTS", 60)
    monkeypatch.setattr(coordinates, "_LEAST_TOGETHER", 10)
    parts = cosym(experiments, table, CosymParams())
    assert len(whole.summary.settings) > 1
    assert whole.summary.embedded_together == 40
    assert parts.summary.embedded_together < 30
    assert any("put beside" in reason for reason in parts.summary.sentences)
    assert parts.summary.changes == whole.summary.changes
    assert parts.summary.settings == whole.summary.settings
    np.testing.assert_allclose(parts.product.cc, whole.product.cc, atol=1e-12)
    apart = np.array(parts.summary.margins) - whole.summary.margins
    assert np.abs(apart).max() < 0.25
    assert min(parts.summary.margins) > 0.3
    again = cosym(experiments, table, CosymParams(), context=Context(Workers(3)))
    np.testing.assert_array_equal(again.summary.coordinates_all, parts.summary.coordinates_all)


def peak(pairs, group):
    """MB that settings take beyond what is there."""
    tracemalloc.start()
    try:
        settings.settings_of(pairs, group)
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def test_memory_grows_with_the_data_sets_and_not_with_their_square(monkeypatch):
    monkeypatch.setattr(settings, "MEAN_FIELD", 40)
    few, many = (peak(*data_sets(n, 12)[:2]) for n in (100, 400))
    assert many < 6 * few  # 16 times, were all sums kept
    assert many < 4  # MB; all sums of 400 in P 4 2 2 are 82


@pytest.mark.parametrize(
    ("n", "settings_each", "expected"), [(60, 8, 60), (500, 2, 500), (1000, 2, 500), (300, 24, 80)]
)
def test_how_many_are_embedded_together(n, settings_each, expected):
    class Known:
        def __len__(self):
            return n

        def information(self):
            return np.arange(n)

    order, k = coordinates._order(Known(), settings_each)
    assert k == expected
    assert sorted(order) == list(range(n))
    assert set(order[:k]) == set(range(n - k, n))  # those that share most
