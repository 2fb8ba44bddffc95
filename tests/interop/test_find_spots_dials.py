"""The same strong spots as dials.find_spots on real images, and dials.index reads ours."""

import shutil
import subprocess

import numpy as np
import pytest

from gnomon.io.expt import read_experiments
from gnomon.io.refl import read_reflections, write_reflections
from gnomon.models.reflections import Reflections
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.find_spots.step import find_spots

pytestmark = [
    pytest.mark.real,
    pytest.mark.interop,
    pytest.mark.skipif(not shutil.which("dials.import"), reason="DIALS is not installed"),
]


def dials(folder, *command):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("algorithm", ["dispersion_extended", "dispersion"])
def test_spots_are_those_of_dials(shared, tmp_path, algorithm):
    images = sorted((shared / "l_cysteine").glob("l-cyst_01_*.cbf.gz"))
    dials(tmp_path, "dials.import", *(str(path.resolve()) for path in images))
    dials(tmp_path, "dials.find_spots", "imported.expt", "nproc=1", f"threshold.algorithm={algorithm}")
    theirs = read_reflections(tmp_path / "strong.refl")
    experiments = read_experiments(tmp_path / "imported.expt")
    ours = find_spots(experiments, Reflections(), FindSpotsParams(algorithm=algorithm)).reflections
    boxes = [{tuple(box) for box in table["bbox"].tolist()} for table in (ours, theirs)]
    allowed = 0 if algorithm == "dispersion_extended" else 1  # dispersion: we count x = threshold as strong, DIALS not
    assert len(boxes[0] ^ boxes[1]) <= 2 * allowed
    if algorithm == "dispersion_extended":
        rows = [np.lexsort(table["bbox"].T) for table in (ours, theirs)]
        for name in ("xyzobs.px.value", "xyzobs.px.variance", "intensity.sum.value", "n_signal"):
            np.testing.assert_allclose(ours[name][rows[0]], theirs[name][rows[1]], atol=1e-9)


@pytest.mark.slow
def test_spots_by_radial_profile_are_nearly_those_of_dials(shared, tmp_path):
    images = sorted((shared / "l_cysteine").glob("l-cyst_01_*.cbf.gz"))
    dials(tmp_path, "dials.import", *(str(path.resolve()) for path in images))
    dials(tmp_path, "dials.find_spots", "imported.expt", "nproc=1", "threshold.algorithm=radial_profile")
    theirs = read_reflections(tmp_path / "strong.refl")
    experiments = read_experiments(tmp_path / "imported.expt")
    ours = find_spots(experiments, Reflections(), FindSpotsParams(algorithm="radial_profile")).reflections
    boxes = [{tuple(box) for box in table["bbox"].tolist()} for table in (ours, theirs)]
    assert len(boxes[0]) > 30
    assert len(boxes[0] & boxes[1]) > 0.95 * max(map(len, boxes))


def test_dials_reads_our_table(shared, tmp_path):
    images = sorted((shared / "l_cysteine").glob("l-cyst_0[14]_*.cbf.gz"))
    dials(tmp_path, "dials.import", *(str(path.resolve()) for path in images))
    experiments = read_experiments(tmp_path / "imported.expt")
    found = find_spots(experiments, Reflections(), FindSpotsParams(shoeboxes=True)).reflections
    write_reflections(tmp_path / "strong.refl", found)
    dials(tmp_path, "dials.index", "imported.expt", "strong.refl", "output.reflections=indexed.refl")
    assert (read_reflections(tmp_path / "indexed.refl")["id"] >= 0).sum() > 30
