"""The whole step on planted data: scales and errors must come back."""

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.maths.numerics.normal import probability_slope
from gnomon.models.flags import Flag
from gnomon.report.scale import describe
from gnomon.steps.scale.params import ScaleParams
from gnomon.steps.scale.step import scale

from .planted import experiments, reflections


@pytest.fixture(scope="module")
def planted_and_scaled():
    table, truth = reflections(2, a=1.3, b=0.03)
    return table, truth, scale(experiments(2), table, ScaleParams())


def test_scaled_intensities_are_the_truth(planted_and_scaled) -> None:
    _, truth, result = planted_and_scaled
    table = result.reflections
    scaled = table["intensity.scale.value"] / table["inverse_scale_factor"]
    k = np.sum(scaled * truth) / np.sum(truth**2)
    strong = truth > 2000
    ratio = scaled[strong] / (k * truth[strong])
    assert np.median(ratio) == pytest.approx(1, abs=0.01)
    assert probability_slope(ratio) < 0.05  # a b and the counts alone give 0.045
    assert np.corrcoef(scaled, truth)[0, 1] > 0.99


def test_planted_a_and_b_come_back_whatever_the_multiplicity(planted_and_scaled) -> None:
    model = planted_and_scaled[2].summary.error_model
    assert model.a == pytest.approx(1.30, rel=0.03)
    assert model.a * model.b == pytest.approx(1.30 * 0.03, rel=0.05)
    assert model.isa == pytest.approx(1 / 0.039, rel=0.05)


@pytest.mark.parametrize("n", [2, 8])
def test_a_does_not_depend_on_the_multiplicity(n: int) -> None:
    table, _ = reflections(1, multiplicity=(n, n), a=1.3, b=0.02, seed=n)
    result = scale(experiments(1), table, ScaleParams())
    assert result.summary.error_model.a == pytest.approx(1.30, rel=0.03)


def test_deviates_from_truth_are_normal_in_every_decile(planted_and_scaled) -> None:
    _, truth, result = planted_and_scaled
    table = result.reflections
    g = table["inverse_scale_factor"]
    scaled, sigma = table["intensity.scale.value"] / g, np.sqrt(table["intensity.scale.variance"]) / g
    k = np.median((scaled / truth)[truth > 1000])
    z = (scaled - k * truth) / sigma
    for rows in np.array_split(np.argsort(truth), 10):
        assert probability_slope(z[rows]) == pytest.approx(1, abs=0.1)
        assert abs(z[rows].mean()) < 0.3


def test_flags_and_model_are_written(planted_and_scaled) -> None:
    table, _, result = planted_and_scaled
    scaled = result.reflections
    assert scaled.has(Flag.SCALED).all()
    assert scaled.has(Flag.OUTLIER_IN_SCALING).sum() == result.summary.n_outliers < 0.001 * len(table)
    model = result.experiments[0].scaling_model
    assert model.kind == "physical"
    assert set(model.components) == {"scale", "decay", "absorption"}
    assert model.components["scale"].parameters.shape == model.components["scale"].sd.shape
    assert model.configuration["error_model_parameters"][0] == result.summary.error_model.a
    assert "Total unique" in describe(result.summary)


def test_twice_the_same(planted_and_scaled) -> None:
    table, _, result = planted_and_scaled
    again = scale(experiments(2), table, ScaleParams()).reflections
    for name in ("intensity.scale.value", "intensity.scale.variance", "inverse_scale_factor", "flags"):
        assert (again[name] == result.reflections[name]).all()


def test_wrong_observations_are_found() -> None:
    table, _ = reflections(1, multiplicity=(6, 8), a=1.0, b=0.02)
    value = table["intensity.sum.value"].copy()
    bad = np.arange(0, len(value), 200)
    value[bad] += 30 * np.sqrt(table["intensity.sum.variance"][bad]) + 0.5 * np.abs(value[bad])
    result = scale(experiments(1), table.with_columns({"intensity.sum.value": value}), ScaleParams())
    outlier = result.reflections.has(Flag.OUTLIER_IN_SCALING)
    assert outlier[bad].mean() > 0.95
    assert np.delete(outlier, bad).sum() <= 3


def test_narrow_sweeps_get_a_scale_and_a_b() -> None:
    table, _ = reflections(2, a=1.0, b=0.01)
    result = scale(experiments(2, width=0.01), table, ScaleParams())
    assert result.summary.models == ("KB", "KB")
    ratio = [e.scaling_model.components["scale"].parameters[0] for e in result.experiments]
    assert ratio[1] / ratio[0] == pytest.approx(1.5, rel=0.1)


def test_limits_leave_out_and_are_flagged() -> None:
    table, _ = reflections(1)
    result = scale(experiments(1), table, ScaleParams(d_min=4.0))
    excluded = result.reflections.has(Flag.USER_EXCLUDED_IN_SCALING)
    assert excluded.sum() == result.summary.n_by_user > 0
    assert result.summary.overall.d_min >= 4.0
    assert not (excluded & result.reflections.has(Flag.SCALED)).any()


def test_without_intensities_the_reason_is_given() -> None:
    table, _ = reflections(1, multiplicity=(1, 1))
    with pytest.raises(InputError, match="no usable intensity"):
        scale(experiments(1), table, ScaleParams(d_max=1.0))
    with pytest.raises(InputError, match="run integrate first"):
        scale(experiments(1), table.without_columns("intensity.sum.value"), ScaleParams())
