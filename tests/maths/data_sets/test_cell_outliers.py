"""Outlier cells are named, and only they."""

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.maths.crystal.symmetry import rotations
from gnomon.maths.data_sets.cell_outliers import CellTest, cell_outliers, symmetrized_cells

CUBIC = np.array([77.8, 77.8, 77.8, 90.0, 90.0, 90.0])
SPREAD = np.array([0.08, 0.08, 0.08, 0.02, 0.02, 0.02])


def population(n: int, seed: int) -> np.ndarray:
    return CUBIC + SPREAD * np.random.default_rng(seed).normal(size=(n, 6))


def test_one_cell_that_differs_is_named_with_its_reason() -> None:
    cells = population(20, 1)
    cells[7, 1] *= 1.015
    outlier, reasons = cell_outliers(cells)
    assert np.flatnonzero(outlier).tolist() == [7]
    assert reasons[7].startswith("b = 78.89 Å is +1.39 % from the median 77.81 Å")
    assert not any(reason for i, reason in enumerate(reasons) if i != 7)


def test_cells_of_one_form_are_left_alone() -> None:
    assert not any(cell_outliers(population(n, seed))[0].any() for n in (4, 5, 12, 40) for seed in range(50))


def test_species_within_a_fifth_of_a_percent_are_left_alone() -> None:
    cells = np.concatenate([population(12, k) * [1 + 0.001 * k] * 6 for k in range(3)])
    cells[:, 3:] = population(36, 9)[:, 3:]
    assert not cell_outliers(cells)[0].any()


def test_an_uncertain_cell_is_not_blamed() -> None:
    cells, sd = population(20, 2), np.full((20, 6), 0.02)
    cells[3, 2] += 1.2
    assert cell_outliers(cells, sd)[0].tolist() == [i == 3 for i in range(20)]
    sd[3] = 0.4
    assert not cell_outliers(cells, sd)[0].any()
    sd[5] = np.nan  # not known: as if certain
    assert not cell_outliers(cells, sd)[0].any()


def test_a_minority_with_a_cell_of_its_own_is_called_another_form() -> None:
    cells = np.concatenate([population(10, 3), population(3, 4) + np.array([2.0, 0, 0, 0, 0, 0])])
    outlier, reasons = cell_outliers(cells)
    assert outlier.tolist() == [False] * 10 + [True] * 3
    assert all("2 more like it" in reason for reason in reasons[10:])


def test_symmetry_averages_what_it_ties() -> None:
    cells = population(5, 5)
    mean = symmetrized_cells(cells, rotations("I 21 3"))
    np.testing.assert_allclose(mean[:, :3], np.sqrt((cells[:, :3] ** 2).mean(axis=1))[:, None].repeat(3, 1))
    np.testing.assert_allclose(mean[:, 3:], 90.0)
    one = np.tile([50.0, 60.0, 70.0, 85.0, 95.0, 100.0], (2, 1))
    np.testing.assert_allclose(symmetrized_cells(one, rotations("P 1")), one)


def test_with_symmetry_the_noise_of_tied_parameters_is_averaged() -> None:
    cells = population(31, 6)
    cells[:, :3] += np.random.default_rng(8).normal(0, 1.0, (31, 3))  # uncertain cells, 1.3 %
    cells[0, :3] = 77.8 * 1.05
    strict = CellTest(sigmas=4.5)
    assert not cell_outliers(cells, test=strict)[0][0]
    assert cell_outliers(cells, rotations=rotations("I 21 3"), test=strict)[0][0]


def test_three_have_no_majority_and_nonsense_is_refused() -> None:
    outlier, reasons = cell_outliers(CUBIC * np.array([[1.0], [1.0], [1.1]]))
    assert not outlier.any()
    assert reasons == ["", "", ""]
    with pytest.raises(InputError, match=r"shape \(3,\)"):
        cell_outliers(np.ones(3))
