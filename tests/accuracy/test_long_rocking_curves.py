"""0.1 degree images of a crystal of 0.7 degrees, whose spots fall to pieces: found whole, indexed, integrated right."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import gnomon
from gnomon.io.expt import read_experiments
from gnomon.io.refl import read_reflections
from gnomon.models.flags import Flag
from gnomon.simulate.assess.frame import cell_error
from gnomon.simulate.assess.measured import measured_figures
from gnomon.simulate.assess.spots import prediction_error
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.params import SimulateParams

PARAMS = SimulateParams(
    cell=(42.0, 51.0, 63.0, 90.0, 90.0, 90.0), space_group="P212121", image_size=(260, 260), distance=80.0, images=90,
    width=0.1, mosaicity=0.7, wilson_b=24.0, mean_intensity=400.0, d_min=2.8, seed=41, gaps=False,
)  # fmt: skip
STEPS = {
    "find_spots": ["imported.expt"],
    "index": ["imported.expt", "strong.refl"],
    "refine": ["indexed.expt", "indexed.refl"],
    "integrate": ["refined.expt", "refined.refl"],
}
FILES = ((read_experiments, "expt"), (read_reflections, "refl"))


@pytest.mark.slow
def test_spots_over_forty_images_are_found_indexed_and_integrated(tmp_path):
    truth = simulate_dataset(PARAMS, tmp_path)
    env, said = {**os.environ, "PYTHONPATH": str(Path(gnomon.__file__).parents[1])}, {}
    for step, words in {"import": sorted(map(str, tmp_path.glob("*.cbf"))), **STEPS}.items():
        done = subprocess.run(
            [sys.executable, "-m", "gnomon", step, *words], cwd=tmp_path, capture_output=True, text=True, env=env
        )
        assert done.returncode == 0, done.stdout + done.stderr
        said[step] = done.stdout
    assert "pieces of spots, joined over up to" in said["find_spots"]
    indexed = read_reflections(tmp_path / "indexed.refl")
    assert indexed.has(Flag.INDEXED).mean() > 0.7
    experiments, table = (read(tmp_path / f"refined.{end}") for read, end in FILES)
    assert cell_error(experiments[0].needed_crystal, truth)[0] < 0.003
    x, y, z = prediction_error(truth, experiments, table)
    assert max(x, y) < 0.03
    assert z < 0.2  # of a rocking curve of 16 images r.m.s.
    found = measured_figures(truth, *(read(tmp_path / f"integrated.{end}") for read, end in FILES))
    assert found.measured > 0.98
    many = [shell for shell in found.shells if shell.n > 50]
    assert len(many) > 2
    np.testing.assert_allclose([shell.sum_to_true.value for shell in many], 1, atol=0.03)
    np.testing.assert_allclose([shell.fit_to_true.value for shell in many], 1, atol=0.03)
