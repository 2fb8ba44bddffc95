"""The Gaussian smoother: its checkpoints, its derivatives, and the DIALS file it must agree with."""

import numpy as np
import pytest

from gnomon.maths.numerics.smoother import Smoother


@pytest.mark.parametrize(
    ("n", "positions"), [(1, [0, 10]), (2, [0, 5, 10]), (4, [-1.25, 1.25, 3.75, 6.25, 8.75, 11.25])]
)
def test_checkpoints_lie_where_they_should(n: int, positions: list[float]) -> None:
    smoother = Smoother.over(0.0, 10.0, 10.0 / n)
    assert smoother.n_intervals == n
    assert smoother.positions == pytest.approx(positions)


@pytest.mark.parametrize("n", [1, 2, 3, 7])
def test_a_constant_stays_and_a_line_is_nearly_followed(n: int) -> None:
    smoother = Smoother.over(0.0, 70.0, 70.0 / n)
    x = np.linspace(0, 70, 101)
    assert smoother.values(x, np.full(smoother.n_parameters, 3.0)) == pytest.approx(np.full(101, 3.0))
    line = smoother.values(x, smoother.positions)
    assert np.abs(line - x).max() < 0.4 * smoother.spacing
    assert (np.diff(line) >= 0).all()


def test_design_times_checkpoints_is_the_value() -> None:
    smoother = Smoother.over(5.0, 50.0, 8.0)
    x, p = np.linspace(5, 50, 40), np.random.default_rng(0).normal(size=smoother.n_parameters)
    assert smoother.design(x) @ p == pytest.approx(smoother.values(x, p))
    assert (np.count_nonzero(smoother.design(x), axis=1) == 3).all()


def test_intervals_divide_the_range_as_in_dials_files() -> None:
    assert Smoother.over(0, 170, 15).spacing == pytest.approx(
        170 / 12
    )  # scaled_30.expt: 14.1667 degrees, 14 parameters
    assert Smoother.over(0, 170, 15).n_parameters == 14
    assert Smoother.over(0, 45, 8).n_parameters == 8  # insulin scaled.expt
