"""Counting what equivalents can tell."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.maths.intensities.merging import Groups
from gnomon.maths.numerics.smoother import Smoother
from gnomon.steps.scale.comparisons import Comparisons, affordable, comparisons, connected_sweeps, limit_plans
from gnomon.steps.scale.model import SweepPlan


def groups_of(label: np.ndarray) -> Groups:
    n = int(label.max()) + 1
    return Groups(np.zeros((n, 3), int), label, np.zeros(n, bool))


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2)), min_size=1, max_size=40))
def test_comparisons_add_up_to_the_degrees_of_freedom(rows: list[tuple[int, int]]) -> None:
    label, sweep = np.array(rows).T
    label = np.unique(label, return_inverse=True)[1]
    seen = comparisons(groups_of(label), sweep, 3)
    assert seen.all.sum() == pytest.approx(len(rows) - len(np.unique(label)))
    assert (seen.across <= seen.all + 1e-12).all()


def test_pairs_within_a_sweep_do_not_compare_it_with_another() -> None:
    seen = comparisons(groups_of(np.array([0, 0, 1, 1])), np.array([0, 0, 0, 1]), 2)
    assert seen.all.tolist() == [1.5, 0.5]
    assert seen.across.tolist() == [0.5, 0.5]


FULL = SweepPlan("physical", Smoother.over(0, 90, 15), Smoother.over(0, 90, 20), lmax=4)


@pytest.mark.parametrize(
    ("of_all", "across", "name"),
    [(1000, 0, "physical with absorption"), (60, 60, "physical"), (20, 20, "KB"), (20, 4, "K"), (20, 2, "unscaled")],
)
def test_parameters_follow_the_comparisons(of_all: float, across: float, name: str) -> None:
    assert affordable(FULL, of_all, across, 3).name == name


def test_what_is_given_up_has_a_reason() -> None:
    seen = Comparisons(np.array([1000.0, 3.0]), np.array([3.0, 3.0]))
    plans, reasons = limit_plans([FULL, FULL], seen, False)
    assert [p.name for p in plans] == ["physical with absorption", "K"]
    assert len(reasons) == 1
    assert str(reasons[0]).startswith("sweep 1: K instead of physical with absorption, because")


def test_sweeps_are_connected_by_way_of_others_and_those_without_observations_stand_alone() -> None:
    label, sweep = np.array([0, 0, 1, 1, 2, 2, 3]), np.array([5, 1, 1, 3, 2, 4, 2])
    np.testing.assert_array_equal(connected_sweeps(label, sweep, 4, 7), [0, 1, 2, 1, 2, 1, 6])
