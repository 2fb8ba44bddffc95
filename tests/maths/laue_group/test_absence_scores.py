"""Screw axes from axial reflections: how probable, and in frequency."""

import numpy as np
import pytest

from gnomon.maths.crystal.symmetry import space_group
from gnomon.maths.laue_group.absences import (
    candidates,
    choose_group,
    keep_given,
    score_absences,
    screw_periods,
    wilson_density,
)
from gnomon.maths.laue_group.pairs import merged


def axial(n, screw, noise, rng, axis=2, centric=True):
    """Merged 00l, l = 1..n of P 2 2 2 or P 2 2 21: chi-squared (centric) E² of mean two (epsilon), odd ones absent."""
    hkl = np.zeros((n, 3), int)
    hkl[:, axis] = np.arange(1, n + 1)
    e2 = 2 * (rng.normal(size=n) ** 2 if centric else rng.exponential(size=n))
    e2[hkl[:, axis] % 2 == 1] *= not screw
    sigma = np.full(n, noise)
    return merged(hkl, e2 + noise * rng.normal(size=n), sigma)


P222 = candidates(space_group("P 2 2 2"), False)


def test_densities_are_normalised():
    x = np.linspace(-3, 40, 3001)
    for centric in (False, True):
        density = wilson_density(x, np.full(len(x), 0.3), np.ones(len(x)), np.full(len(x), centric))
        assert np.trapezoid(density, x) == pytest.approx(1.0, abs=0.01)
        assert np.trapezoid(density * x, x) == pytest.approx(1.0, abs=0.02)


def test_a_screw_is_found_and_none_where_none_is():
    rng = np.random.default_rng(0)
    for screw, name in ((True, "P 2 2 21"), (False, "P 2 2 2")):
        scores = score_absences(axial(24, screw, 0.05, rng), P222)
        assert choose_group(scores, P222)[0].xhm() == name
        assert scores[0].probability > 0.99


def test_weak_present_reflections_are_no_absences():
    """Centric reflections are weak often: two of them below the noise are far from a screw."""
    hkl = np.array([[0, 0, 1], [0, 0, 2], [0, 0, 3], [0, 0, 4]])
    data = merged(hkl, np.array([0.02, 1.5, 0.05, 0.8]), np.full(4, 0.1))
    chosen, why = choose_group(score_absences(data, P222), P222)
    assert chosen.xhm() == "P 2 2 2"
    assert "too few axial reflections" in why


@pytest.mark.parametrize(("usual", "told"), [(1.0, True), (0.5, True), (0.05, False)])
def test_what_a_translation_extinguishes_is_no_sign_of_a_screw(usual, told):
    """Odd 00l of no intensity, in a class whose mean is known to a tenth of the usual one: it may be none."""
    hkl = np.array([[0, 0, k] for k in range(1, 21)])
    odd = hkl[:, 2] % 2 == 1
    e2 = np.where(odd, 0.0, 2.0)
    data = merged(hkl, e2, np.full(20, 0.1))
    best = score_absences(data, P222, np.where(odd, usual, 2 - usual))[0]
    assert (best.probability > 0.99) == told
    chosen = choose_group(score_absences(data, P222, np.where(odd, usual, 2 - usual)), P222)[0]
    assert chosen.xhm() == ("P 2 2 21" if told else "P 2 2 2")


def test_probabilities_hold_in_frequency():
    rng = np.random.default_rng(3)
    printed, true = [], []
    for _ in range(700):
        screw, noise = bool(rng.integers(2)), np.exp(rng.uniform(-3, 0.5))
        scores = score_absences(axial(int(rng.integers(1, 9)), screw, noise, rng), P222)
        printed.append(sum(s.probability for s in scores if any(g.xhm() == "P 2 2 21" for g in s.groups)))
        plain = sum(s.probability for s in scores if any(g.xhm() == "P 2 2 2" for g in s.groups))
        printed[-1] /= printed[-1] + plain if plain != printed[-1] else 2 * plain
        true.append(screw)
    printed, true = np.array(printed), np.array(true)
    for low, high in ((0, 0.1), (0.1, 0.4), (0.4, 0.6), (0.6, 0.9), (0.9, 0.99), (0.99, 1.01)):
        mine = (printed >= low) & (printed < high)
        if mine.sum() >= 30:
            assert abs(true[mine].mean() - printed[mine].mean()) < 3 * np.sqrt(0.25 / mine.sum())


def test_a_group_given_is_kept_where_absences_do_not_tell():
    rng = np.random.default_rng(1)
    tetragonal = candidates(space_group("P 4 2 2"), False)
    hkl = np.column_stack([np.arange(1, 9), np.zeros((8, 2), int)])
    e2 = rng.exponential(size=8) * 2 * (np.arange(1, 9) % 2 == 0)
    scores = score_absences(merged(hkl, e2, np.full(8, 0.05)), tetragonal)
    found = choose_group(scores, tetragonal)
    assert found[0].xhm() == "P 4 21 2"
    assert keep_given(scores, found, "P 43 21 2")[0].xhm() == "P 43 21 2"
    assert keep_given(scores, found, "P 43 2 2")[0].xhm() == "P 4 21 2"  # refuted
    assert keep_given(scores, found, None) == found


def test_the_periods_of_screws():
    assert screw_periods(candidates(space_group("P 6"), False), 2) == [2, 3, 6]
    assert screw_periods(P222, 0) == [2]
