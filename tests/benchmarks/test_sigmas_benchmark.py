"""The sigmas benchmark at its smallest: one seed of two kinds, whose sigmas are right."""

import numpy as np
import pytest
import sigmas

from gnomon.simulate.sigma_kinds import SIGMA_KINDS


@pytest.mark.parametrize("kind", ["weak", "rejected singles"])
def test_sigmas_of_one_seed_are_right(kind: str) -> None:
    pulls = sigmas.gnomon_pulls(SIGMA_KINDS[kind].changed(seed=11), False)
    for what, spreads in pulls.spreads().items():  # one seed: a class of 300 is known to 5 %
        number = np.array([len(rows) for rows in pulls.classes()[what]])
        chance = 3 / np.sqrt(np.maximum(number, 1))
        assert (np.isnan(spreads) | (np.abs(np.array(spreads) - 1) < 0.05 + chance)).all()
    assert pulls.odd_sigmas == 0
    cells = sigmas.row(kind, pulls)
    assert len(cells) == len(sigmas.HEADS)
