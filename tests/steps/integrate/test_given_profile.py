"""A profile model of another package is the one that fits, and its name one that the command takes."""

from pathlib import Path

import numpy as np

from gnomon.models.flags import Flag
from gnomon.steps.integrate import profiles
from gnomon.steps.integrate.params import IntegrateParams
from gnomon.steps.integrate.step import integrate

from .conftest import SMALL

PACKAGE = Path(__file__).parents[2] / "tiny_package"


def test_what_a_package_fits_is_what_the_table_has(simulated, monkeypatch):
    _, experiments, strong = simulated
    monkeypatch.syspath_prepend(str(PACKAGE))
    from tiny_beamline import SumsAsFits

    monkeypatch.setattr(profiles, "plugins", {"gnomon.profile_models": {"sums": SumsAsFits}}.get)
    params = IntegrateParams(d_min=SMALL.d_min)
    own, given = (
        integrate(experiments, strong, one).reflections
        for one in (params, params.model_copy(update={"profile": "sums"}))
    )
    fitted = given.select(given.has(Flag.INTEGRATED_PRF))
    assert len(fitted) > 500
    np.testing.assert_array_equal(fitted["intensity.prf.value"], fitted["intensity.sum.value"])
    np.testing.assert_array_equal(fitted["intensity.prf.variance"], fitted["intensity.sum.variance"])
    own = own.select(own.has(Flag.INTEGRATED_PRF))
    assert (own["intensity.prf.value"] != own["intensity.sum.value"]).mean() > 0.99
    assert own.has(Flag.REFERENCE_SPOT).any()
    assert not given.has(Flag.REFERENCE_SPOT).any()
