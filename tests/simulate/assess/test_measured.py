"""Completeness against truth, and ratios by angle."""

import numpy as np
import pytest

from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.simulate.assess.measured import WHOLE, Ratio, measured_figures, shells_of, two_theta


@pytest.fixture(scope="module")
def integrated(truth):
    """All recorded reflections, each with its true counts and no noise."""
    r = truth.reflections
    columns = {
        "id": np.zeros(len(r.hkl), int),
        "panel": np.zeros(len(r.hkl), int),
        "miller_index": r.hkl @ np.roll(np.eye(3, dtype=int), 1, axis=1),  # as the experiments name the axes
        "flags": np.full(len(r.hkl), np.uint64(Flag.INTEGRATED)),
        "xyzcal.px": r.xyz,
        "intensity.sum.value": r.counts,
        "intensity.prf.value": r.counts,
    }
    return Reflections(columns)


def whole_rows(truth):
    r = truth.reflections
    return np.flatnonzero((r.partiality > WHOLE) & (r.counts > WHOLE * (r.counts + r.lost)))


def test_all_that_is_there_is_measured(truth, experiments, integrated):
    figures = measured_figures(truth, experiments, integrated)
    assert figures.n_true == len(whole_rows(truth)) > 500
    assert figures.measured == figures.fitted == 1.0
    assert sum(s.n for s in figures.shells) == figures.n_true
    assert figures.worst_fit_to_sum == pytest.approx(1.0)


def test_what_has_no_intensity_is_missed(truth, experiments, integrated):
    flags = integrated["flags"].copy()
    rows = whole_rows(truth)
    flags[rows[: len(rows) // 5]] = np.uint64(Flag.PREDICTED)
    flags[rows[-len(rows) // 10 :]] = np.uint64(Flag.INTEGRATED_SUM)
    figures = measured_figures(truth, experiments, integrated.with_columns({"flags": flags}))
    assert figures.measured == pytest.approx(0.8, abs=0.001)
    assert figures.fitted == pytest.approx(0.7, abs=0.001)
    doubled = Reflections.concatenate([integrated, integrated])
    assert measured_figures(truth, experiments, doubled).measured == 1.0


def test_a_fit_too_high_at_wide_angles_is_seen_there(truth, experiments, integrated):
    wide = two_theta(truth.reflections.hkl, truth) > 20
    value = integrated["intensity.prf.value"] * np.where(wide, 1.05, 1.0)
    figures = measured_figures(truth, experiments, integrated.with_columns({"intensity.prf.value": value}))
    for shell in figures.shells:
        if shell.n and (shell.high < 20 or shell.low > 20):
            expected = 1.05 if shell.low > 20 else 1.0
            assert shell.fit_to_sum.value == pytest.approx(expected)
            assert shell.sum_to_true.value == pytest.approx(1.0)
            assert shell.fit_to_true.value == pytest.approx(expected)
    assert figures.worst_fit_to_sum == pytest.approx(1.05)


def test_a_ratio_knows_its_uncertainty():
    rng = np.random.default_rng(0)
    true = rng.exponential(100.0, size=(400, 200))
    ratios = [Ratio.of(1.02 * t + 10 * rng.normal(size=200), t) for t in true]
    pulls = [(r.value - 1.02) / r.sigma for r in ratios]
    assert np.mean(pulls) == pytest.approx(0, abs=0.15)
    assert np.std(pulls) == pytest.approx(1, abs=0.1)
    assert np.isnan(Ratio.of(np.empty(0), np.empty(0)).value)


def test_shells_hold_what_lies_between_their_edges():
    at, ones = np.array([0.5, 1.0, 1.5, 3.0, 7.0]), np.ones(5)
    shells = shells_of(at, [1.0, 2.0, 3.0], ones, ones, ones)
    assert [s.n for s in shells] == [2, 1]
    assert np.isnan(shells_of(at, [10.0, 11.0], ones, ones, ones)[0].fit_to_sum.value)
