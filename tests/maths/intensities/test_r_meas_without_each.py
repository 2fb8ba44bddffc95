"""Rmeas without each data set in turn, against Rmeas of what is left."""

import time

import numpy as np
import pytest

from gnomon.maths.intensities.agreement import Observed, r_meas, r_meas_without_each
from gnomon.maths.intensities.merging import Groups


def data_sets(n, each, unique, seed=0):
    """Observations of n data sets, some reflections seen once, some twice by one."""
    rng = np.random.default_rng(seed)
    label = np.unique(rng.integers(0, unique, n * each), return_inverse=True)[1]
    true = rng.exponential(1000.0, label.max() + 1)
    sigma = rng.uniform(5.0, 50.0, len(label))
    hkl = np.column_stack([np.arange(len(true)), np.zeros((len(true), 2))]).astype(np.int32)
    groups = Groups(hkl, label.reshape(-1), np.zeros(len(true), bool))
    return Observed(groups, true[label] + rng.normal(0, sigma), sigma**2), np.repeat(np.arange(n), each)


@pytest.mark.parametrize(("n", "each", "unique"), [(2, 30, 20), (7, 50, 40), (12, 40, 300), (3, 4, 1000)])
def test_it_is_that_of_what_is_left(n, each, unique):
    observed, owner = data_sets(n, each, unique)
    expected = [r_meas(observed.select(owner != i)) for i in range(n)]
    np.testing.assert_allclose(r_meas_without_each(observed, owner, n), expected, rtol=1e-9, atol=1e-12)


def test_without_all_there_is_none():
    observed, owner = data_sets(1, 50, 20)
    assert np.isnan(r_meas_without_each(observed, owner, 1)).all()


def test_cost_does_not_go_with_the_square_of_the_data_sets():
    times = {}
    for n in (100, 800):
        observed, owner = data_sets(n, 100, 5000)
        spent = []
        for _ in range(3):
            start = time.process_time()
            r_meas_without_each(observed, owner, n)
            spent.append(time.process_time() - start)
        times[n] = min(spent)
    assert times[800] < 24 * times[100]  # 64 times by the square
