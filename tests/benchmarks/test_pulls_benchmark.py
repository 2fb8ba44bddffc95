"""Errors of cell edges are what refine prints, with all faults of crystal and instrument at once."""

import numpy as np
import pulls
import pytest

from gnomon.steps.refine.params import RefineParams


def test_printed_uncertainties_are_not_too_small():
    """So few seeds scatter too much for a lower bound: the slow test of twenty has it."""
    done = [
        pulls.runs(pulls.sweep_params("tetragonal", seed, **pulls.SMALL), [RefineParams()])[0] for seed in range(1, 5)
    ]
    assert pulls.rms([r.pull for r in done]) < 1.5
    assert max(np.abs(r.error).max() for r in done) < 3e-4
    assert pulls.rms([r.prediction[:2] for r in done]) < 0.02  # px


@pytest.mark.slow
@pytest.mark.parametrize("crystal", ["p21", "c2", "p3121", "tetragonal", "cubic"])
def test_printed_uncertainties_are_honest_for_every_lattice(crystal):
    done = [pulls.runs(pulls.sweep_params(crystal, seed), [RefineParams()])[0] for seed in range(1, 21)]
    assert 0.7 < pulls.rms([r.pull for r in done]) < 1.5


def test_a_row_tells_the_figures():
    one = pulls.Run(np.array([1e-4, -2e-4]), np.array([1.0, -3.0]), np.array([0.01, 0.02, 0.03]))
    assert pulls.row("it", [one, one]) == ["it", "2.24", "3.0", "0.0158", "0.0200", "0.0100", "0.0200", "0.0300"]
    assert pulls.sweep_params("cubic", 1, slippage=0.0).slippage == 0
    assert pulls.sweep_params("cubic", 1).beam_error != pulls.sweep_params("cubic", 2).beam_error
