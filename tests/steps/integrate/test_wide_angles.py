"""Intensities at wide and at the lowest angles: large spots near the detector, small domains, dispersion."""

import numpy as np
import pytest

from gnomon.io.expt import read_experiments
from gnomon.models.flags import Flag
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.params import SimulateParams
from gnomon.steps.integrate.params import IntegrateParams
from gnomon.steps.integrate.step import integrate

from .conftest import matched, strong_of

pytestmark = pytest.mark.skipif(
    "domain_size" not in SimulateParams.model_fields, reason="simulate knows no domains yet"
)


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """(result, its whole and clean rows with sum and fit, their true photons, the experiments)."""
    folder = tmp_path_factory.mktemp("wide")
    truth = simulate_dataset(
        SimulateParams(
            cell=(44, 50, 36, 90, 103, 90), space_group="P21", distance=60.0, images=40, width=0.5, crystal_size=0.3,
            point_spread=0.7, mean_intensity=600, mosaicity=0.08, bandwidth=1e-3, domain_size=900.0, wilson_b=10.0,
            gaps=False, dead_pixels=0, hot_pixels=0, seed=3,
        ),
        folder,
    )  # fmt: skip
    experiments = read_experiments(folder / "truth.expt")
    result = integrate(experiments, strong_of(truth, experiments), IntegrateParams())
    rows, at = matched(result.reflections, truth)
    table, t = result.reflections.select(rows), truth.reflections
    whole = (t.partiality[at] > 0.99) & (t.lost[at] < 0.01 * t.counts[at])
    whole &= table.has(Flag.INTEGRATED_SUM) & table.has(Flag.INTEGRATED_PRF)
    return result, table.select(whole), (t.intensity * t.factor)[at][whole], experiments


def ratio(table, true, rows, kind):
    value = table[f"intensity.{kind}.value"] / (table["partiality"] if kind == "sum" else 1)
    weight = true / (true + table["background.mean"] * table["num_pixels.foreground"] + (0.02 * true) ** 2)
    mean = (weight * value)[rows].sum() / (weight * true)[rows].sum()
    return mean, np.sqrt(((weight * (value - mean * true))[rows] ** 2).sum()) / (weight * true)[rows].sum()


@pytest.mark.parametrize("kind", ["sum", "prf"])
def test_intensities_are_right_at_all_angles(compared, kind):
    _, table, true, _ = compared
    order = np.argsort(-table["d"])
    assert table["d"].max() > 20
    assert table["d"].min() < 1.4
    for shell in (order[:40], order[40:160], *np.array_split(order[160:], 6)):
        weak = shell[true[shell] < np.median(true[shell])]
        for rows in (shell, weak):
            mean, sigma = ratio(table, true, rows, kind)
            assert abs(mean - 0.996) < 0.006 + 3 * sigma  # 3 sigma hold .996 of a Gaussian


def test_fits_equal_sums(compared):
    result = compared[0]
    shells = result.summary.experiments[0].fit_over_sum
    assert [len(rows) for rows in shells.values()] == [6, 4, 4]
    for rows in shells.values():
        for shell in rows:
            assert abs(shell.ratio - 1) < 0.002 + 4 * shell.sigma
    assert result.summary.sentences == ()


def test_sums_hold_all_of_the_spots(compared):
    for shell in compared[0].summary.experiments[0].recorded:
        assert shell.ratio > 0.99 - 3 * shell.sigma


def test_causes_are_those_of_the_simulation(compared):
    causes = compared[0].summary.experiments[0].causes
    assert causes["domain"] == pytest.approx(0.9 / 2.3548 / 900, rel=0.06)
    assert causes["mosaicity"] == pytest.approx(0.08, rel=0.06)
    assert causes["tangential"] == pytest.approx(0.08, rel=0.1)
    assert causes["dispersion"] == pytest.approx(1e-3, rel=0.25)
    assert np.hypot(causes["point_spread"], causes["crystal"]) == pytest.approx(np.hypot(0.7 * 0.172, 0.075), rel=0.06)


def test_too_narrow_given_widths_are_told(compared):
    result, _, _, experiments = compared
    spots = result.reflections.select(result.reflections.has(Flag.REFERENCE_SPOT))
    wrong = integrate(experiments, spots, IntegrateParams(sigma_b=0.6 * result.experiments[0].profile.sigma_b))
    assert any("go on growing" in line for line in wrong.summary.sentences)
