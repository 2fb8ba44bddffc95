"""Stills of many crystals under a beam centre that is off, from images: every lattice is the true one."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.pipeline import STAGES
from gnomon.simulate.crystals import simulate_crystals
from gnomon.simulate.example import STILLS
from gnomon.steps.import_.params import ImportParams
from gnomon.steps.import_.step import import_images


@pytest.mark.slow
@pytest.mark.parametrize("known", [{}, {"space_group": "I213"}])
def test_no_lattice_of_20_stills_is_wrong(tmp_path, known):
    simulate_crystals(STILLS, tmp_path)
    imported = import_images(sorted(str(p) for p in tmp_path.glob("*.cbf*")), ImportParams())
    assert all(e.is_still for e in imported.experiments)
    spots = STAGES["find_spots"](imported.experiments, imported.reflections)
    result = STAGES["index"](spots.experiments, spots.reflections, **known)
    assert len(result.experiments) == 20
    assert min(s.fraction for s in result.summary.sweeps) > 0.99
    np.testing.assert_allclose(result.summary.beam_centre_off, STILLS.beam_error, atol=0.1)
    expected = [77.8] * 3 + [90.0] * 3 if known else [67.4] * 3 + [109.47] * 3
    for experiment in result.experiments:
        np.testing.assert_allclose(experiment.crystal.cell, expected, rtol=0.004)
