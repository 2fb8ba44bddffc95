"""Against what DIALS wrote for the real L-cysteine sweeps."""

import numpy as np
import pytest

from gnomon.io.expt import read_experiments
from gnomon.io.refl import read_reflections
from gnomon.models.flags import Flag
from gnomon.steps.integrate.boxes import kabsch_frame
from gnomon.steps.integrate.table import lorentz_polarisation


@pytest.mark.real
@pytest.mark.parametrize("sweep", [20, 35])
def test_lp_and_zeta_are_those_dials_wrote(shared, sweep):
    folder = shared / "l_cysteine_integrated"
    experiment = read_experiments(folder / f"{sweep}_integrated_experiments.json")[0]
    table = read_reflections(folder / f"{sweep}_integrated.refl")
    table = table.select(table.has(Flag.INTEGRATED_PRF))
    assert len(table) > 2000
    assert lorentz_polarisation(experiment, table["s1"]) == pytest.approx(table["lp"], rel=5e-3)
    zeta = kabsch_frame(experiment.beam.s0, table["s1"], experiment.goniometer.lab_axis)[1]
    assert np.abs(zeta - table["zeta"]).max() < 2e-3
