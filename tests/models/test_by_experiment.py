"""Rows experiment by experiment, in tables sorted or not."""

import time

import numpy as np
import pytest

from gnomon.models.by_experiment import RowsByExperiment, changed_indices, rows_by_experiment, rows_of_each


@pytest.mark.parametrize("number", [[], [0, 0, 2, 2, 2], [2, 0, -1, 2, 0], [3]])
def test_each_experiment_has_its_rows(number):
    number = np.array(number, int)
    found = rows_by_experiment(number)
    assert [i for i, _ in found] == np.unique(number).tolist()
    for i, rows in found:
        np.testing.assert_array_equal(np.arange(len(number))[rows], np.flatnonzero(number == i))


@pytest.mark.parametrize("number", [[], [0, 0, 2, 2, 2], [2, 0, -1, 2, 0], [3]])
def test_rows_come_one_by_one_whether_the_table_is_sorted_or_not(number):
    number = np.array(number, int)
    each = RowsByExperiment(number)
    for i in range(-1, 5):
        np.testing.assert_array_equal(each.array(i), np.flatnonzero(number == i))
        assert each.count(i) == (number == i).sum()


def test_indices_change_with_their_experiment():
    rng = np.random.default_rng(0)
    hkl, number = rng.integers(-9, 10, (40, 3)), rng.integers(-1, 3, 40)
    P = rng.integers(-1, 2, (3, 3, 3))
    changed = changed_indices(hkl, number, list(P))
    for h, i, moved in zip(hkl, number, changed):
        np.testing.assert_array_equal(moved, h if i < 0 else h @ P[i])


@pytest.mark.parametrize("number", [[0, 0, 2, 2, 2], [2, 0, -1, 2, 0, 7], []])
def test_rows_of_each_are_those_that_a_comparison_finds(number):
    number = np.array(number, int)
    found = rows_of_each(number, 4)
    assert len(found) == 4
    for i, rows in enumerate(found):
        np.testing.assert_array_equal(rows, np.flatnonzero(number == i))


def test_rows_of_each_cost_what_the_table_has_not_that_times_the_experiments():
    """Each was a view of numbers for the whole table, which it kept alive: 64 GB of this."""
    number = np.repeat(np.arange(40_000), 5)
    start = time.process_time()
    found = rows_of_each(number, 40_000)
    assert time.process_time() - start < 2
    assert found[-1].tolist() == list(range(199_995, 200_000))
