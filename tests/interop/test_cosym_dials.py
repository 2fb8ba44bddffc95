"""dials.cosym on the same data: the same Laue group, and the same division into settings."""

import re
import shutil
import subprocess

import numpy as np
import pytest

from gnomon.io.expt import write_experiments
from gnomon.io.refl import write_reflections
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges
from gnomon.steps.cosym.params import CosymParams
from gnomon.steps.cosym.step import cosym


@pytest.mark.interop
@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("dials.cosym"), reason="DIALS is not installed")
def test_both_divide_data_sets_alike(tmp_path):
    params = WedgesParams(wedges=3, basis="primitive", d_min=3.0, image_size=(487, 619), distance=100.0)
    experiments, table, _ = integrated_wedges(params)
    write_experiments(tmp_path / "integrated.expt", experiments)
    write_reflections(tmp_path / "integrated.refl", table)
    command = ["dials.cosym", "integrated.expt", "integrated.refl", "nproc=1", "output.html=None"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    result = cosym(experiments, table, CosymParams())
    assert f"Best solution: {result.summary.laue_group}" in done.stdout
    theirs = {frozenset(map(int, ids.split(","))) for ids in re.findall(r"^\S+: \[([\d, ]+)\]$", done.stdout, re.M)}
    _, ours = np.unique(result.summary.changes, return_inverse=True)
    assert theirs == {frozenset(np.flatnonzero(ours == k).tolist()) for k in range(ours.max() + 1)}
