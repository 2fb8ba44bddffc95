"""A perfect program gets perfect marks, and each fault costs the mark it should."""

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.models.experiment import Experiments
from gnomon.simulate.assess.figures import assess
from gnomon.simulate.assess.frame import cell_error, true_indices
from gnomon.simulate.assess.intensities import intensity_figures, merged, spread, weak_shell
from gnomon.simulate.assess.observations import look_up, scaled_observations
from gnomon.simulate.assess.spots import is_found, is_indexed, prediction_error, residuals, strong_rows


def test_indices_in_any_setting_are_told_in_the_true_one(truth, experiments, perfect):
    hkl, whole = true_indices(perfect["miller_index"], experiments[0].crystal, truth)
    assert whole.all()
    known = {tuple(h) for h in truth.reflections.hkl.tolist()}
    assert {tuple(h) for h in hkl.tolist()} <= known
    half = experiments[0].crystal.reindexed(np.diag([2.0, 1, 1]))
    _, whole = true_indices(np.array([[1, 0, 0], [2, 0, 0]]), half, truth)
    assert whole.tolist() == [False, True]


def test_the_cell_is_compared_axis_by_axis(truth, experiments):
    crystal = experiments[0].crystal
    assert cell_error(crystal, truth) == pytest.approx((0, 0), abs=1e-12)
    longer = crystal.reindexed(np.diag([1.0, 1.002, 1]))
    assert cell_error(longer, truth)[0] == pytest.approx(0.002)


def test_spots_are_found_and_indexed_only_where_they_are(truth, experiments, perfect):
    rows = strong_rows(truth)
    assert len(rows) > 300
    everything = truth.reflections.xyz
    assert is_found(truth, rows, everything).all()
    assert is_found(truth, rows, everything[rows[::2]])[::2].all()
    assert is_found(truth, rows, everything + np.array([400, 0, 0])).mean() < 0.02
    assert is_indexed(truth, rows, experiments, perfect).mean() > 0.75  # the others are cut by gaps
    wrong = perfect.with_columns({"miller_index": perfect["miller_index"] + [0, 0, 1]})
    assert not is_indexed(truth, rows, experiments, wrong).any()
    assert residuals(perfect) == pytest.approx((0.1, 0.1, 0.05))
    assert prediction_error(truth, experiments, perfect) == pytest.approx((0, 0, 0))


def test_honest_sigmas_have_a_spread_of_one_whatever_the_scale(truth, experiments, perfect):
    observed = scaled_observations(experiments, perfect, truth)
    assert len(observed.d) == len(perfect)
    figures = intensity_figures(observed, truth)
    assert figures.cc > 0.999
    assert figures.r < 0.05
    assert figures.spread_shells == pytest.approx(np.ones(10), abs=0.16)  # of 330 each
    assert figures.spread_deciles == pytest.approx(np.ones(10), abs=0.16)  # of 330 each


def test_programs_are_compared_on_what_both_measured(truth, experiments, perfect):
    observed = scaled_observations(experiments, perfect, truth)
    whole, half = merged(observed), merged(observed.select(observed.d > 3))
    shared = whole.shared_with(half)
    assert (shared.hkl == half.hkl).all()
    assert shared.r == pytest.approx(half.r)
    assert 0 < len(whole.within((3.0, 2.7)).d) < len(whole.d)


def test_sigmas_twice_too_small_are_seen(truth, experiments, perfect):
    boast = perfect.with_columns({"intensity.scale.variance": perfect["intensity.scale.variance"] / 4})
    figures = intensity_figures(scaled_observations(experiments, boast, truth), truth)
    assert figures.spread_deciles == pytest.approx(2 * np.ones(10), abs=0.25)


def test_observations_that_claim_to_be_exact_have_not_all_the_weight(truth, experiments, perfect):
    variance, value = perfect["intensity.scale.variance"].copy(), perfect["intensity.scale.value"].copy()
    variance[::500], value[::500] = 1e-31, -1e-32
    claimed = {"intensity.scale.variance": variance, "intensity.scale.value": value}
    observed = scaled_observations(experiments, perfect.with_columns(claimed), truth)
    assert len(observed.d) == len(perfect) - len(variance[::500])
    assert intensity_figures(observed, truth).r < 0.05


def test_intensities_of_other_reflections_do_not_correlate(truth, experiments, perfect):
    shuffled = np.random.default_rng(1).permutation(len(perfect))
    wrong = perfect.with_columns({"intensity.scale.value": perfect["intensity.scale.value"][shuffled]})
    assert intensity_figures(scaled_observations(experiments, wrong, truth), truth).cc < 0.5


def test_the_weak_shell_is_the_one_asked_for(truth):
    upper, lower, significance = weak_shell(truth, target=20.0)
    assert upper > lower
    assert 10 < significance < 30
    assert weak_shell(truth, target=2.0)[1] <= lower


def test_the_spread_is_a_standard_deviation_deaf_to_outliers():
    values = np.random.default_rng(0).normal(scale=1.3, size=20000)
    values[:20] = 1e6
    assert spread(values) == pytest.approx(1.3, rel=0.02)


def test_look_up_knows_what_it_does_not_know():
    table = np.array([[1, 2, 3], [-1, 0, 4], [0, 0, 2]])
    values, known = look_up(np.array([[0, 0, 2], [5, 5, 5], [1, 2, 3]]), table, np.array([10.0, 20.0, 30.0]))
    assert known.tolist() == [True, False, True]
    assert values[known].tolist() == [30.0, 10.0]


def test_missing_files_are_told_in_a_line(truth, tmp_path):
    with pytest.raises(InputError, match=r"holds no strong\.refl; run the chain"):
        assess(truth, tmp_path)


def test_an_experiment_without_crystal_has_no_indexed_spots(truth, experiments, perfect):
    bare = Experiments.of(e.replace(crystal=None) for e in experiments)
    assert not is_indexed(truth, strong_rows(truth), bare, perfect).any()
