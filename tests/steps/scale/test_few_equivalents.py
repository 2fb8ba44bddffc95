"""Few equivalents or none: no more parameters than they determine, and sigmas near counting statistics."""

import numpy as np
import pytest

from gnomon.maths.crystal.lattice import d_spacing
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.report.scale import describe
from gnomon.step import Result
from gnomon.steps.scale.params import ScaleParams
from gnomon.steps.scale.step import scale

from .planted import CELL, experiments, reflections, true_scale


def few(n: int, n_pairs: int, seed: int = 0) -> tuple[Reflections, np.ndarray]:
    """About ``n`` unique reflections of two sweeps, ``n_pairs`` of them measured twice; and the truth of each row."""
    table, truth = reflections(2, multiplicity=(2, 2), b=0.02, seed=seed)
    first = np.arange(0, 2 * n, 2)
    rows = np.sort(np.concatenate([first, first[:n_pairs] + 1]))
    return table.select(rows), truth[rows]


def scaled(n: int, n_pairs: int, **params: object) -> tuple[Result, np.ndarray]:
    table, truth = few(n, n_pairs)
    return scale(experiments(2, width=0.1), table, ScaleParams(**params)), truth


def test_no_equivalents_are_not_fatal() -> None:
    result, _ = scaled(100, 0)
    table = result.reflections
    assert result.summary.models == ("unscaled", "unscaled")
    assert result.summary.n_parameters == 0
    assert table["inverse_scale_factor"].mean() == pytest.approx(1, abs=0.2)  # by mean intensities, a scale a sweep
    assert len(np.unique(table["inverse_scale_factor"])) == 2
    assert table.has(Flag.SCALED).all()
    assert any("0 independent comparisons" in reason for reason in result.summary.sentences)
    counted = table["intensity.sum.variance"]
    assert np.median(table["intensity.scale.variance"] / counted) < 10  # (0.03 I)^2 comes to it
    assert (table["intensity.scale.variance"] > 0.5 * counted).mean() > 0.95
    assert "-" in describe(result.summary)


@pytest.mark.parametrize("seed", range(4))
def test_nine_pairs_leave_sigmas_sensible(seed: int) -> None:
    table, _ = few(100, 9, seed)
    scale_of = true_scale(table["id"], table["xyzobs.px.value"][:, 2], d_spacing(table["miller_index"], CELL))
    known = {
        "intensity.sum.value": table["intensity.sum.value"] / scale_of,
        "intensity.sum.variance": table["intensity.sum.variance"] / scale_of**2,
    }
    table = table.with_columns(known)
    result = scale(experiments(2, width=0.1), table, ScaleParams())
    assert result.summary.n_parameters <= 9 / 3
    assert 0.5 < result.summary.error_model.a < 2
    assert 0.005 < result.summary.error_model.b < 0.1
    assert result.summary.n_outliers == 0
    assert 5 < result.summary.overall.i_over_sigma < 100
    assert len(result.summary.shells) == 4


def test_a_scale_and_a_b_come_before_a_smooth_model() -> None:
    result, _ = scaled(120, 30)
    assert set(result.summary.models) <= {"KB", "K"}
    ratio = [e.scaling_model.components["scale"].parameters[0] for e in result.experiments]
    assert ratio[1] / ratio[0] == pytest.approx(1.5, rel=0.25)  # of the two sweeps, as planted


def test_a_model_that_is_asked_for_is_kept_while_it_can_be_determined() -> None:
    result, _ = scaled(200, 100, model="physical")
    assert "physical" in result.summary.models[0]
    result, _ = scaled(100, 0, model="physical")
    assert result.summary.models == ("unscaled", "unscaled")


def test_many_equivalents_keep_everything() -> None:
    table, _ = reflections(2, b=0.02)
    result = scale(experiments(2), table, ScaleParams())
    assert result.summary.models == ("physical with absorption",) * 2
    assert result.summary.sentences == ()


def test_sweeps_without_a_link_are_scaled_by_their_mean_intensities() -> None:
    table, _ = reflections(2, multiplicity=(6, 6))
    hkl = table["miller_index"]
    apart = np.where(table["id"] == 0, (np.abs(hkl).sum(axis=1) % 2) == 0, (np.abs(hkl).sum(axis=1) % 2) == 1)
    result = scale(experiments(2), table.select(apart), ScaleParams())
    g, sweep = result.reflections["inverse_scale_factor"], result.reflections["id"]
    assert "physical" in result.summary.models[0]
    assert np.median(g[sweep == 1]) / np.median(g[sweep == 0]) == pytest.approx(1.5, rel=0.25)  # as planted
    assert "share no reflection" in " ".join(result.summary.sentences) or "shares no" in " ".join(
        result.summary.sentences
    )
    sd = np.sqrt(result.reflections["inverse_scale_factor_variance"]) / g
    assert np.median(sd) < 0.05
