"""The resolution limit of scaled data whose signal ends where we say."""

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.maths.crystal.lattice import b_matrix, d_spacing
from gnomon.maths.intensities.shells import possible_indices
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import Detector
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.report.estimate_resolution import describe
from gnomon.steps.estimate_resolution.params import EstimateResolutionParams
from gnomon.steps.estimate_resolution.step import estimate_resolution
from gnomon.steps.estimate_resolution.summary import ResolutionLimit

CELL = np.array([40.0, 50.0, 60.0, 90.0, 90.0, 90.0])
SIGMA = 20.0


def scaled(b_factor: float = 60.0) -> tuple[Experiments, Reflections]:
    """Four observations of each reflection to 1.8 Å, <I> = 1000 exp(-B / 2d^2), sigma 20."""
    rng = np.random.default_rng(2)
    unique = possible_indices(CELL, "P212121", 1.8)
    hkl = np.repeat(unique, 4, axis=0)
    mean = 1000 * np.exp(-b_factor / (2 * d_spacing(unique, CELL) ** 2))
    truth = np.repeat(rng.exponential(mean), 4)
    n = len(hkl)
    columns = {
        "miller_index": hkl,
        "id": np.zeros(n, int),
        "flags": np.full(n, Flag.SCALED, np.uint64),
        "intensity.scale.value": 2 * (truth + SIGMA * rng.normal(size=n)),
        "intensity.scale.variance": np.full(n, 4 * SIGMA**2),
        "inverse_scale_factor": np.full(n, 2.0),
    }
    experiment = Experiment(Beam(), Detector(()), crystal=Crystal(b_matrix(CELL), " P 2ac 2ab"))
    return Experiments.of([experiment]), Reflections(columns)


def where_mean_is(level: float, b_factor: float = 60.0) -> float:
    return float((2 * np.log(1000 / level) / b_factor) ** -0.5)


def test_cc_half_and_i_over_sigma_end_where_they_must() -> None:
    experiments, reflections = scaled()
    params = EstimateResolutionParams(misigma=2.0, isigma=1.0)
    limits = estimate_resolution(experiments, reflections, params).summary.limits
    # CC1/2 = m^2 / (m^2 + sigma^2 / 2) = 0.3 for exponential intensities of mean m and two observations a half
    expected = where_mean_is(SIGMA * np.sqrt(0.3 / 0.7 / 2))
    assert limits["cc_half"].d == pytest.approx(expected, rel=0.03)
    assert limits["misigma"].d == pytest.approx(where_mean_is(SIGMA), rel=0.03)
    assert limits["isigma"].d == pytest.approx(where_mean_is(SIGMA), rel=0.03)


def test_strong_data_reach_their_end() -> None:
    experiments, reflections = scaled(b_factor=5.0)
    result = estimate_resolution(experiments, reflections, EstimateResolutionParams())
    assert result.summary.d_min == pytest.approx(1.8, abs=0.01)
    assert "end of the data" in describe(result.summary)


def test_unscaled_data_are_refused() -> None:
    experiments, reflections = scaled()
    with pytest.raises(InputError, match="run scale first"):
        estimate_resolution(
            experiments, reflections.without_columns("inverse_scale_factor"), EstimateResolutionParams()
        )
    none = reflections.flagged(Flag.SCALED, np.zeros(len(reflections), bool))
    with pytest.raises(InputError, match="no scaled reflections"):
        estimate_resolution(experiments, none, EstimateResolutionParams())


def test_where_there_is_no_cc_half_none_is_claimed() -> None:
    """Each reflection measured once: "CC1/2 0.3 at 1.80 (end of the data)" was said, and "Use d_min=1.80"."""
    experiments, reflections = scaled()
    once = reflections.select(np.arange(0, len(reflections), 4))
    summary = estimate_resolution(experiments, once, EstimateResolutionParams()).summary
    assert summary.limits["cc_half"] == ResolutionLimit(asked=0.3, d=None, why="unknown")
    said = describe(summary)
    assert "not known: too few reflections measured twice" in said
    assert "end of the data" not in said
    assert "Use d_min" not in said


def test_data_that_are_nowhere_good_enough_are_said_to_be() -> None:
    experiments, reflections = scaled()
    noise = np.random.default_rng(5).normal(size=len(reflections)) * 2 * SIGMA
    noisy = reflections.with_columns({"intensity.scale.value": noise})
    summary = estimate_resolution(experiments, noisy, EstimateResolutionParams(cc_half=0.9, misigma=50)).summary
    assert summary.limits["misigma"].why == "nowhere" or summary.limits["misigma"].d is not None
    assert "end of the data" not in describe(summary)
