"""Rmeas and chi-squared of merging in a group."""

import numpy as np
import pytest

from gnomon.maths.crystal.symmetry import rotations
from gnomon.maths.laue_group.cost import merging_cost
from gnomon.maths.laue_group.pairs import merged


def made(relative=0.05, seed=0):
    """Intensities of 2/m symmetry with an error in proportion, which sigma knows."""
    rng = np.random.default_rng(seed)
    hkl = np.indices((13, 13, 13)).reshape(3, -1).T - 6
    hkl = hkl[hkl @ [400, 20, 1] > 0]
    true = rng.exponential(size=(20, 20, 20)) + 0.2
    h = np.where(hkl[:, :1] < 0, -hkl, hkl)
    intensity = true[h[:, 0], np.abs(h[:, 1]), h[:, 2] + 6]  # h k l, h -k l and their Friedel mates alike
    intensity = np.where(h[:, 0] == 0, true[0, np.abs(h[:, 1]), np.abs(h[:, 2]) + 6], intensity)
    e2 = intensity * (1 + relative * rng.normal(size=len(hkl)))
    return merged(hkl, e2, relative * intensity)


def test_the_cost_of_the_true_group_is_the_error():
    cost = merging_cost(made(), rotations("P 1 2 1"), 0.0)
    assert cost.chi2 == pytest.approx(1.0, abs=0.1)
    assert cost.r_meas == pytest.approx(0.05 * np.sqrt(2 / np.pi), rel=0.1)


def test_a_group_that_is_none_costs_much():
    cost = merging_cost(made(), rotations("P 2 2 2"), 0.0)
    assert cost.r_meas > 0.3
    assert cost.chi2 > 50


def test_without_equivalents_there_is_no_cost():
    assert np.isnan(merging_cost(made(), rotations("P 1"), 0.0).r_meas)


def test_what_true_equivalents_differ_by_beyond_counting_counts_as_error():
    """Errors of 5 % that counting does not know: chi-squared is one with their level, and many times that without."""
    data = made()
    counted = merged(data.hkl, data.e2, np.full(len(data.e2), 0.01))
    level = 0.05**2 * float((data.e2**2).mean() / data.e2.var())
    assert merging_cost(counted, rotations("P 1 2 1"), level).chi2 == pytest.approx(1.0, abs=0.15)
    assert merging_cost(counted, rotations("P 1 2 1"), 0.0).chi2 > 10
