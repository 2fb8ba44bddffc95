"""No sigma goes far from the integrated one without a reason; what is rejected moves no other sigma."""

import numpy as np
import pytest

from gnomon.models.flags import Flag
from gnomon.simulate.assess.pulls import pulls_of
from gnomon.simulate.sigma_kinds import SIGMA_KINDS
from gnomon.simulate.wedges import integrated_wedges
from gnomon.steps.scale import statistics as module
from gnomon.steps.scale.params import ScaleParams
from gnomon.steps.scale.step import scale

from .planted import experiments, reflections


def test_rejected_singles_leave_all_other_sigmas_as_they_are() -> None:
    crystals, table, truth = integrated_wedges(SIGMA_KINDS["rejected singles"].changed(seed=3))
    result = scale(crystals, table, ScaleParams())
    pulls = pulls_of(result.experiments, result.reflections, truth.row_intensity)
    assert pulls.widened.min() > 0.5
    assert pulls.widened.max() < 10
    assert pulls.deviation[np.abs(pulls.deviation) < 5].std() == pytest.approx(1, abs=0.05)
    assert min(shell.i_over_sigma for shell in result.summary.shells) > 5  # a shell had <I/sigma> = 0.0
    assert result.reflections.has(Flag.OUTLIER_IN_SCALING).sum() > 100


def test_sigmas_far_from_the_integrated_ones_are_explained() -> None:
    table, _ = reflections(1, b=0.3)
    columns = {name: table[name] * 1e4 for name in ("intensity.sum.value",)}
    columns["intensity.sum.variance"] = np.maximum(columns["intensity.sum.value"], 1e4)
    result = scale(experiments(1), table.with_columns(columns), ScaleParams())
    reason = next(r for r in result.summary.sentences if "over ten times the integrated" in r)
    assert "in proportion to the intensity" in reason


def test_sigmas_that_nothing_bears_out_never_leave_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    table, _ = reflections(1)
    real = module.expected_of
    monkeypatch.setattr(module, "expected_of", lambda setup, state: tuple(1e9 * m for m in real(setup, state)))
    monkeypatch.setattr(module, "_FAR_SIGMAS", 0.5)
    with pytest.raises(AssertionError, match="nothing bears out"):
        scale(experiments(1), table, ScaleParams())
