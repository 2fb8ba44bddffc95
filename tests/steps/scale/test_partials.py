"""The excess of partial reflections: unbiased where data are weak, none where it is not sure, never absurd."""

import numpy as np
import pytest

from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.simulate.assess.pulls import pulls_of
from gnomon.simulate.sigma_kinds import SIGMA_KINDS
from gnomon.simulate.wedges import integrated_wedges
from gnomon.steps.scale.corrections import Excess, _lack_of_fit
from gnomon.steps.scale.params import ScaleParams
from gnomon.steps.scale.step import scale

WEAK = SIGMA_KINDS["weak partials"]


def partial_over_whole(made: tuple[Experiments, Reflections, np.ndarray]) -> float:
    """Scaled over true intensities of partials, over the same of whole ones."""
    experiments, table, true = made
    result = scale(experiments, table, ScaleParams())
    pulls = pulls_of(result.experiments, result.reflections, true)
    return pulls.ratio(0, 0.95) / pulls.ratio(0.95, 1)


@pytest.mark.parametrize(("mean", "excess"), [(8.0, 0.0), (4.0, 0.1), (4.0, 0.5)])
def test_weak_wedges_come_out_within_two_percent(mean: float, excess: float) -> None:  # I/sigma 2 and 3
    experiments, table, truth = integrated_wedges(WEAK.changed(mean_intensity=mean, partial_excess=excess, seed=3))
    assert partial_over_whole((experiments, table, truth.row_intensity)) == pytest.approx(1, abs=0.02)


def test_joined_mates_that_differ_are_no_whole_equivalents_of_a_partial() -> None:
    """Their differences would pass for an excess: dF/F = .2, where partials came out .6 % off."""
    experiments, table, truth = integrated_wedges(WEAK.changed(mean_intensity=200.0, anomalous=0.2, seed=4))
    assert partial_over_whole((experiments, table, truth.row_intensity)) == pytest.approx(1, abs=0.003)


def test_an_excess_that_is_not_sure_is_none() -> None:
    assert Excess(0.3, 0.0).taken == pytest.approx(0.3)
    assert Excess(0.3, 0.2).taken == pytest.approx(0.15)
    assert abs(Excess(-1.2, 2.0).taken) < 0.02
    assert Excess(0.0, 0.0).taken == 0


def test_an_absurd_excess_is_bounded_and_said() -> None:
    wild = Excess(-1.4, 0.05)
    assert wild.taken == -0.75  # -1.32 without the bound
    assert "-70%" in str(wild.decisions[0])
    assert "-38%" in str(wild.decisions[0])
    assert Excess(0.3, 0.1).decisions == []


def test_partials_that_follow_no_law_are_not_sure() -> None:
    even, one_way = np.ones(80), np.full(80, 0.1)
    assert _lack_of_fit(even, one_way) == pytest.approx(0, abs=1e-9)
    assert _lack_of_fit(even, np.repeat([0.1, -0.1], 40)) > 0.03  # as much as an excess of each half, 0.1 / sqrt(8)
