"""A background of another package is the one that is taken off, and its name one that the command takes."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from gnomon.models.flags import Flag
from gnomon.steps.integrate import summation
from gnomon.steps.integrate.params import IntegrateParams
from gnomon.steps.integrate.step import integrate

from .conftest import SMALL

PACKAGE = Path(__file__).parents[2] / "tiny_package"


def test_the_level_of_a_package_is_taken_off_every_sum(simulated, monkeypatch):
    _, experiments, strong = simulated
    monkeypatch.syspath_prepend(str(PACKAGE))
    from tiny_beamline import LevelBackground

    monkeypatch.setattr(summation, "plugins", {"gnomon.backgrounds": {"level": LevelBackground}}.get)
    params = IntegrateParams(d_min=SMALL.d_min)
    tables = [
        integrate(experiments, strong, given).reflections
        for given in (params, params.model_copy(update={"background": "level"}))
    ]
    own, level = (table.select(table.has(Flag.INTEGRATED_SUM)) for table in tables)
    np.testing.assert_allclose(level["background.mean"], 2.0, rtol=1e-6)
    assert np.std(own["background.mean"]) > 0
    under = 2.0 * level["num_pixels.foreground"]
    np.testing.assert_allclose(level["background.sum.value"], under, rtol=1e-6)
    total = level["intensity.sum.value"] + level["background.sum.value"]
    np.testing.assert_array_equal(np.round(total), np.round(total, 6))


def test_its_name_is_listed_as_that_of_a_profile_model():
    path = os.pathsep.join([str(PACKAGE), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "gnomon", "integrate", "--help"]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True)
    assert "glm, linear, constant, level" in done.stdout
    assert "gaussian_rs, sums" in done.stdout
