"""Groups of equivalents against sets made one by one."""

import gemmi
import numpy as np
import pytest

from gnomon.maths.intensities.merging import friedel_pairs, group_equivalents, merge, random_halves


def some_indices(n: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(-6, 7, (n, 3)).astype(np.int32)


@pytest.mark.parametrize("symbol", ["P1", "C2", "P212121", "P41212", "I213", "R3:H"])
def test_groups_are_the_orbits_of_gemmi(symbol: str) -> None:
    hkl = some_indices(400)
    groups = group_equivalents(hkl, symbol)
    space_group = gemmi.SpaceGroup(symbol)
    asu, operations = gemmi.ReciprocalAsu(space_group), space_group.operations()
    expected = [tuple(asu.to_asu(h.tolist(), operations)[0]) for h in hkl]
    assert [tuple(h) for h in groups.hkl[groups.label].tolist()] == expected
    assert len(groups) == len(set(expected))


def test_friedel_mates_part_when_anomalous_and_centrics_do_not() -> None:
    hkl = np.array([[1, 2, 3], [-1, -2, -3], [1, -2, -3], [0, 2, 3], [0, -2, -3]])
    together = group_equivalents(hkl, "P212121")
    apart = group_equivalents(hkl, "P212121", anomalous=True)
    assert together.counts.tolist() == [2, 3]
    assert apart.counts.tolist() == [2, 2, 1]  # 023 is centric; 1 2 3 with 1 -2 -3; -1 -2 -3 alone
    assert apart.minus.tolist() == [False, False, True]
    plus, minus = friedel_pairs(apart)
    assert (plus.tolist(), minus.tolist()) == ([1], [2])
    assert apart.joined().hkl.tolist() == together.hkl.tolist()
    assert apart.joined().label.tolist() == together.label.tolist()


def test_selection_drops_empty_groups() -> None:
    hkl = some_indices(200)
    groups = group_equivalents(hkl, "P212121")
    rows = np.arange(200) % 3 == 0
    chosen = groups.select(rows)
    assert (chosen.hkl[chosen.label] == groups.hkl[groups.label[rows]]).all()
    assert chosen.counts.min() >= 1


def test_merging_is_the_weighted_mean() -> None:
    hkl = some_indices(300)
    rng = np.random.default_rng(2)
    intensity, variance = rng.normal(100, 10, 300), rng.uniform(1, 9, 300)
    groups = group_equivalents(hkl, "P422")
    merged = merge(groups, intensity, variance)
    for i in range(len(groups)):
        rows = groups.label == i
        assert merged.intensity[i] == pytest.approx(np.average(intensity[rows], weights=1 / variance[rows]))
        assert merged.sigma[i] == pytest.approx(np.sum(1 / variance[rows]) ** -0.5)
        assert merged.count[i] == rows.sum()


def test_halves_are_even_in_every_group_and_repeat() -> None:
    groups = group_equivalents(some_indices(1000), "P422")
    half = random_halves(groups, seed=5)
    difference = groups.sum(np.where(half == 1, 1.0, -1.0))
    assert np.abs(difference).max() <= 1
    assert (half == random_halves(groups, seed=5)).all()
    assert (half != random_halves(groups, seed=6)).any()
