"""The sigmas benchmark at its smallest: one seed of four kinds, whose sigmas are right."""

import numpy as np
import pytest
import sigmas

from gnomon.simulate.sigma_kinds import SIGMA_KINDS
from gnomon.simulate.wedges import integrated_wedges
from gnomon.steps.scale.params import ScaleParams
from gnomon.steps.scale.step import scale


@pytest.mark.parametrize("kind", ["weak", "rejected singles", "few equivalents", "thin wedge"])
def test_sigmas_of_one_seed_are_right(kind: str) -> None:
    pulls = sigmas.gnomon_pulls(SIGMA_KINDS[kind].changed(seed=11), False)
    for what, spreads in pulls.spreads().items():  # one seed: a class of 300 is known to 5 %
        number = np.array([len(rows) for rows in pulls.classes()[what]])
        chance = 3 / np.sqrt(np.maximum(number, 1))
        assert (np.isnan(spreads) | (np.abs(np.array(spreads) - 1) < 0.05 + chance)).all()
    assert pulls.odd_sigmas == 0
    cells = sigmas.row(kind, pulls)
    assert len(cells) == len(sigmas.HEADS)


def test_true_variances_are_no_worse_than_printed_ones() -> None:
    params = SIGMA_KINDS["partials"].changed(d_min=3.0)
    known, enough = sigmas.control_rows("partials", params, [12])
    assert len(known) == len(enough) == len(sigmas.HEADS)
    experiments, table, truth = integrated_wedges(params.changed(seed=12))
    found = sigmas.control(scale(experiments, table, ScaleParams()), params, truth.row_intensity)
    assert found.pulls.deviation.std() == pytest.approx(1, abs=0.03)
    assert (found.counts > sigmas.ENOUGH_COUNTS).mean() > 0.95
