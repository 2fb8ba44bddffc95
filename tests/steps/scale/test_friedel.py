"""An anomalous signal is no error of measurement, and mates that differ are no outliers."""

import numpy as np
import pytest

from gnomon.maths.intensities.merging import Groups
from gnomon.models.flags import Flag
from gnomon.simulate.assess.pulls import pulls_of
from gnomon.simulate.sigma_kinds import SIGMA_KINDS
from gnomon.simulate.wedges import integrated_wedges
from gnomon.steps.scale.outliers import anomalous_share, unlike_mates
from gnomon.steps.scale.params import ScaleParams
from gnomon.steps.scale.step import scale

SMALL = SIGMA_KINDS["anomalous 0.056"].changed(d_min=3.0)


@pytest.mark.parametrize("anomalous", [False, True])
@pytest.mark.parametrize("signal", [0.02, 0.1])
def test_sigmas_hold_with_an_anomalous_signal(signal: float, anomalous: bool) -> None:
    experiments, table, truth = integrated_wedges(SMALL.changed(anomalous=signal))
    result = scale(experiments, table, ScaleParams(anomalous=anomalous))
    pulls = pulls_of(result.experiments, result.reflections, truth.row_intensity)
    assert pulls.deviation.std() == pytest.approx(1, abs=0.05)  # 3.2 and 9 with Friedel mates as equivalents
    assert result.summary.error_model.a == pytest.approx(1, abs=0.05)
    assert result.reflections.has(Flag.OUTLIER_IN_SCALING).sum() < 20


def test_without_equivalents_of_their_own_sign_mates_are_compared_and_that_is_said() -> None:
    experiments, table, _ = integrated_wedges(SIGMA_KINDS["few equivalents"].changed(seed=3))
    result = scale(experiments, table, ScaleParams())
    assert any("Friedel mates are compared as equivalents" in reason for reason in result.summary.sentences)
    assert result.summary.error_model.a == pytest.approx(1, abs=0.05)


def pairs(n: int, signal: float, seed: int = 0) -> tuple[Groups, np.ndarray]:
    """One observation of each sign of ``n`` reflections of 1000 with an error of 10."""
    rng = np.random.default_rng(seed)
    minus = np.tile([False, True], n)
    groups = Groups(np.repeat(np.arange(3 * n).reshape(n, 3), 2, axis=0), np.arange(2 * n), minus)
    x = np.repeat(rng.normal(size=n), 2) * np.where(minus, -0.5, 0.5) * signal * 1000
    return groups, 1000 + x + 10 * rng.normal(size=2 * n)


@pytest.mark.parametrize("signal", [0.0, 0.05, 0.2])
def test_the_anomalous_variance_comes_back(signal: float) -> None:
    groups, value = pairs(4000, signal)
    share = anomalous_share(groups, value, np.full(8000, 100.0), np.full(8000, 1e6))
    assert np.sqrt(share) == pytest.approx(signal, abs=0.003)


def test_a_zinger_among_mates_is_found_and_the_mates_stay() -> None:
    groups, value = pairs(500, 0.2)
    value[40] += 3000
    rejected = unlike_mates(groups, value, np.full(1000, 100.0), np.full(1000, 1e6), 6.0)
    assert np.flatnonzero(rejected).tolist() == [40]
