"""Holes of known size in a complete set of reflections are found as such."""

import numpy as np
import pytest
from diffract import instrument

from gnomon import missing_reflections
from gnomon.errors import InputError
from gnomon.maths.crystal.lattice import b_matrix, d_spacing
from gnomon.maths.crystal.symmetry import hall_symbol, rotations, space_group
from gnomon.maths.intensities.shells import possible_indices
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.pipeline import STEPS

CELL = np.array([40.0, 50.0, 60.0, 90.0, 90.0, 90.0])
GROUP = space_group("P222")


def told(hkl, group=GROUP, **params):
    experiments = Experiments.of([instrument().replace(crystal=Crystal(b_matrix(CELL), hall_symbol(group)))])
    return missing_reflections(experiments, Reflections({"miller_index": hkl, "id": np.zeros(len(hkl), int)}), **params)


@pytest.fixture(scope="module")
def every():
    return np.asarray(possible_indices(CELL, GROUP, 3.0))


def outside(hkl, middle, reach):
    return (np.abs(hkl - middle) > reach).any(axis=1)


def test_nothing_is_missing_of_a_complete_set(every):
    equivalents = np.concatenate([every @ W for W in rotations(GROUP)[:2]])
    result = told(equivalents)
    assert (result.summary.n_missing, result.summary.regions) == (0, ())
    assert result.summary.n_possible == len(every)
    assert result.summary.completeness == result.summary.completeness_to_infinity == 1


def test_two_holes_and_single_ones_are_told_apart(every):
    kept = every[outside(every, (6, 6, 6), 1) & outside(every, (3, 10, 2), (0, 1, 0))]
    kept = kept[outside(kept, (9, 0, 9), 0)]
    result = told(kept)
    assert [r.n for r in result.summary.regions] == [27, 3, 1]
    assert result.summary.n_missing == 31
    assert result.summary.completeness == pytest.approx(1 - 31 / len(every))
    d = d_spacing(np.array([(5, 5, 5), (7, 7, 7)]), CELL)
    assert (result.summary.regions[0].d_max, result.summary.regions[0].d_min) == pytest.approx(tuple(d))
    large = told(kept, min_component_size=3)
    assert [r.n for r in large.summary.regions] == [27, 3]
    words = STEPS["missing_reflections"].describe(large)
    assert "(1 smaller regions are not listed)" in words
    assert words.count("\n27 ") == 1


def test_a_region_hangs_together_across_the_edge_of_the_asymmetric_unit(every):
    """In P 2 2 2 a slab about k = 0 is one region: h, 1, l and h, -1, l are equivalent."""
    kept = every[~((every[:, 1] <= 1) & (every[:, 0] == 4) & (every[:, 2] < 3))]
    assert [r.n for r in told(kept).summary.regions] == [len(every) - len(kept)]


def test_limits_of_resolution(every):
    d = d_spacing(every, CELL)
    result = told(every[d < 10.0], d_max=20.0, d_min=4.0)
    between = (d >= 10.0) & (d <= 20.0)
    assert result.summary.n_missing == between.sum()
    assert result.summary.n_possible == ((d >= 4.0) & (d <= 20.0)).sum()
    assert told(every[d < 10.0]).summary.n_missing == 0
    assert told(every[d < 10.0]).summary.completeness_to_infinity == pytest.approx((d < 10).mean())


def test_what_is_missing_below_all_data_is_a_region_unless_a_limit_is_given(every):
    """As behind a beam stop: the range of the data begins above it."""
    d = d_spacing(every, CELL)
    low = told(every[d < 15.0])
    assert [(r.n, r.d_max) for r in low.summary.regions] == [((d >= 15.0).sum(), pytest.approx(d.max()))]
    assert low.summary.n_missing == 0
    assert low.summary.regions[0].fraction == pytest.approx((d >= 15.0).mean())
    assert told(every[d < 15.0], d_max=14.9).summary.regions == ()


def test_nothing_measured_is_told(every):
    with pytest.raises(InputError, match="no measured reflection"):
        told(every, d_min=70.0)
