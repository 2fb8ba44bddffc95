"""Probabilities of subgroups from how intensities agree, on numbers that are planted."""

import numpy as np
import pytest

from gnomon.maths.crystal.bravais import metric_subgroups
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.laue_group.evidence import Neighbours, group_probabilities, operator_odds
from gnomon.maths.laue_group.groups import choose, confidence, kept, score_groups
from gnomon.maths.laue_group.operators import Calibration, OperatorScore, inverse
from gnomon.maths.laue_group.pairs import Agreement

NOTHING = Agreement(0.0, 0.0, 1.0, np.inf)
CALIBRATION = Calibration(0.98, 1.0, NOTHING)


def lattice(cell):
    return metric_subgroups(b_matrix(np.array(cell, float)), 1.0)


def scores(settings, true, level=0.001, false=0.5, sigma=0.0005, pairs=2000.0):
    """An operator score for each rotation: excess ``level`` in the group named ``true``, else ``false``."""
    members = {W.tobytes() for s in settings if s.group.xhm() == true for W in np.ascontiguousarray(s.rotations)}
    found, seen = [], {np.eye(3, dtype=int).tobytes()}
    for W in settings[0].rotations:
        W = np.ascontiguousarray(W, dtype=int)
        if W.tobytes() in seen:
            continue
        seen |= {W.tobytes(), inverse(W).tobytes()}
        excess = level if W.tobytes() in members else false
        found.append(OperatorScore(W, Agreement(1 - excess, pairs, excess, sigma), 0.1))
    return found


def probability(settings, found):
    p, _ = group_probabilities([s.rotations for s in settings], found, CALIBRATION)
    return {s.group.xhm(): float(v) for s, v in zip(settings, p)}, settings[int(p.argmax())].group.xhm()


TETRAGONAL = (50, 50, 60, 90, 90, 90)
TRIGONAL = (50, 50, 60, 90, 90, 120)


@pytest.mark.parametrize("true", ["P 4 2 2", "P 4"])
def test_the_group_whose_rotations_agree(true):
    """Merging leaves a perfect twin of a subgroup possible; neighbours that are as of no twin do not."""
    settings = lattice(TETRAGONAL)
    found = scores(settings, true)
    p, best = probability(settings, found)
    assert best == true
    assert p[true] > 0.9
    untwinned = Neighbours(30.0, np.full(len(settings), 0.25), 0.25)
    _, told = group_probabilities([s.rotations for s in settings], found, CALIBRATION, untwinned)
    assert settings[int(told.argmax())].group.xhm() == true
    assert told.max() > 0.98


def test_a_perfect_twin_is_told_by_neighbours():
    settings = lattice(TRIGONAL)
    found = scores(settings, "P 3 2 1", level=0.004, false=0.9, sigma=0.002)
    none_beside = [s.group.xhm() in ("P 3 2 1", "P 6 2 2") for s in settings]  # unlike rotations are no twin's
    twinned = Neighbours(0.25, np.where(none_beside, 0.25, 30.0), 30.0)
    merging, told = group_probabilities([s.rotations for s in settings], found, CALIBRATION, twinned)
    best = int(merging.argmax())
    assert settings[best].group.xhm() == "P 3 2 1"
    assert told[best] < 0.6 < 0.9 < merging[best]


@pytest.mark.parametrize("excess", [0.28, 0.08])
def test_a_twin_law_is_no_symmetry(excess):
    """CC 0.72 and 0.92: twins of 0.3 and 0.4, where true equivalents differ by 0.004."""
    _, best = probability(lattice(TRIGONAL), scores(lattice(TRIGONAL), "P 3", level=0.004, false=excess, sigma=0.003))
    assert best == "P 3"


@pytest.mark.parametrize(
    ("excess", "best", "least", "most"),
    [(0.016, "P 3", 0.9, 1.0), (0.006, None, 0.4, 0.7), (0.0006, "P 3 2 1", 0.98, 1.0)],
)
def test_what_differs_by_many_times_the_level_is_no_symmetry_however_small(excess, best, least, most):
    """Correlations of .984 where true equivalents differ by .0006: pseudo-symmetry, or a twin of .455.

    .994 (one of .47) leaves either: a single symmetry may be so much better than the others, once in a while.
    """
    settings = lattice(TRIGONAL)
    found = scores(settings, "P 3 2 1", level=0.0006, false=0.9, sigma=0.0004)
    three = {W.tobytes() for s in settings if s.group.xhm() == "P 3" for W in np.ascontiguousarray(s.rotations)}
    moved = [
        s if s.found.excess > 0.5 or s.W.tobytes() in three
        else OperatorScore(s.W, Agreement(1 - excess, 2000.0, excess, 0.0006), 0.1)
        for s in found
    ]  # fmt: skip
    p, top = probability(settings, moved)
    assert best in (top, None)
    assert least < p[top] < most


def test_counting_variances_that_are_off_are_off_for_all_rotations():
    """Errors of counts that make 0.3 of the variance, understated by a fifth: all true rotations differ by 0.06."""
    settings = lattice(TRIGONAL)
    found = scores(settings, "P 3 2 1", level=0.06, false=0.9, sigma=0.06)
    shared = [OperatorScore(s.W, Agreement(s.found.cc, 2000.0, s.found.excess, 0.061, 0.3), 0.1) for s in found]
    p, best = probability(settings, shared)
    assert best == "P 3 2 1"
    assert p[best] > 0.9


def test_unscaled_data_may_disagree_by_more_as_long_as_all_do():
    _, best = probability(lattice(TETRAGONAL), scores(lattice(TETRAGONAL), "P 4 2 2", level=0.15))
    assert best == "P 4 2 2"


def test_few_pairs_leave_everything_open():
    settings = lattice(TETRAGONAL)
    found = scores(settings, "P 4", pairs=2.0)
    p, _ = group_probabilities([s.rotations for s in settings], found, CALIBRATION)
    np.testing.assert_allclose(sorted(p), sorted([1 / 8] * 6 + [1 / 16] * 4))  # 8 classes, two of two conjugates
    groups = score_groups(settings, found, CALIBRATION, None)
    chosen, why = choose(groups, found)
    assert chosen.setting.group.xhm() == "P 4 2 2"
    assert "too few equivalent pairs" in why
    assert confidence(groups, chosen) == 0.0


def test_a_given_group_stays_without_evidence_and_goes_with_it():
    settings = lattice(TETRAGONAL)
    given = next(s for s in settings if s.group.xhm() == "P 4").rotations
    for pairs, expected in ((2.0, "P 4"), (2000.0, "P 4 2 2")):
        found = scores(settings, "P 4 2 2", pairs=pairs)
        groups = score_groups(settings, found, CALIBRATION, None)
        assert kept(groups, choose(groups, found), given)[0].setting.group.xhm() == expected


def test_each_rotation_by_itself():
    settings = lattice(TETRAGONAL)
    found = scores(settings, "P 4")
    odds = operator_odds(found, CALIBRATION)
    truly = np.array([s.found.excess < 0.1 for s in found])
    assert odds[truly].min() > 0.8
    assert odds[~truly].max() < 0.1


def test_probabilities_hold_in_frequency():
    """Levels, errors, and correlations of what is no symmetry drawn at random; half of the crystals P 4, half P 422."""
    settings, rng = lattice(TETRAGONAL), np.random.default_rng(5)
    both = [next(s for s in settings if s.group.xhm() == name).rotations for name in ("P 4", "P 4 2 2")]
    printed, right = [], []
    for _ in range(400):
        true = rng.integers(2)
        level, sigma = 0.004 * np.exp(1.3 * rng.normal()), np.exp(rng.uniform(-7, -0.5))
        beside = level + (1 - level) * excess_of_no_symmetry(rng)
        noisy = []
        for s in scores(settings, ("P 4", "P 4 2 2")[true], level, 1.0, sigma):
            uneven = level * np.exp(0.2 * rng.normal())
            excess = (uneven if s.found.excess == level else beside) + sigma * rng.normal()
            noisy.append(OperatorScore(s.W, Agreement(1 - excess, 2000.0, excess, sigma), 0.1))
        printed.append(group_probabilities(both, noisy, CALIBRATION)[0][1])
        right.append(true == 1)
    printed, right = np.array(printed), np.array(right)
    for low, high in ((0, 0.1), (0.1, 0.5), (0.5, 0.9), (0.9, 0.99), (0.99, 1.01)):
        mine = (printed >= low) & (printed < high)
        if mine.sum() >= 15:
            assert abs(right[mine].mean() - printed[mine].mean()) < 3 * np.sqrt(0.25 / mine.sum())


def excess_of_no_symmetry(rng):
    """1 - CC: a quarter are pseudo-symmetry, twins of any fraction or perfect; else of the density sqrt(1 - CC²)."""
    if rng.random() < 0.24:
        kind = rng.choice(3, p=(0.46, 0.46, 0.08))
        fraction = rng.uniform(0, 0.5)
        s = 2 * fraction * (1 - fraction)
        return (np.exp(rng.uniform(np.log(0.0005), np.log(0.5))), 1 - s / (1 - s), 0.0)[kind]
    while True:
        cc, u = rng.random(2)
        if u < np.sqrt(1 - cc**2):
            return 1 - cc
