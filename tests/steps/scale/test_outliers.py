"""Leave-one-out deviates and the rejection that follows from them."""

import numpy as np
import pytest

from gnomon.maths.intensities.merging import Groups
from gnomon.steps.scale.outliers import deviations, find_outliers, too_strong


def groups_of(sizes: list[int]) -> Groups:
    label = np.repeat(np.arange(len(sizes)), sizes)
    return Groups(np.zeros((len(sizes), 3), int), label, np.zeros(len(sizes), bool))


@pytest.mark.parametrize("n", [2, 3, 10])
def test_deviates_have_unit_spread_at_any_multiplicity(n: int) -> None:
    rng = np.random.default_rng(n)
    groups = groups_of([n] * (20000 // n))
    variance = rng.uniform(1, 4, len(groups.label))
    z = deviations(groups, rng.normal(size=len(variance)) * np.sqrt(variance), variance)
    assert z.std() == pytest.approx(1, abs=0.02)


def test_by_hand() -> None:
    z = deviations(groups_of([3, 1]), np.array([10.0, 12.0, 20.0, 5.0]), np.array([1.0, 4.0, 1.0, 1.0]))
    mean = (12 / 4 + 20) / 1.25
    assert z[0] == pytest.approx((10 - mean) / np.sqrt(1 + 1 / 1.25))
    assert z[3] == 0


def test_the_worst_goes_first_and_takes_the_blame_off_the_others() -> None:
    value = np.array([10.0, 10.5, 9.5, 60.0, 200.0, 7.0, 100.0])
    rejected = find_outliers(groups_of([5, 2]), value, np.ones(7), 6.0)
    assert rejected.tolist() == [False, False, False, True, True, False, True]


def test_clean_data_lose_nothing() -> None:
    value = np.random.default_rng(0).normal(size=3000)
    assert not find_outliers(groups_of([3] * 1000), value, np.ones(3000), 6.0).any()


def test_too_strong_for_its_shell() -> None:
    value = np.ones(60)
    value[7] = 900.0
    groups = groups_of([1] * 60)
    shell = np.zeros(60, int)
    assert np.flatnonzero(too_strong(groups, value, np.ones(60), shell, 5.0)).tolist() == [7]
    assert not too_strong(groups, value, np.ones(60), shell, 40.0).any()
