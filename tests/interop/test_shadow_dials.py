"""Shadows of our parts as the masker of dxtbx draws them, on a flat detector and on the barrel of Diamond I23."""

import subprocess

import numpy as np
import pytest

from gnomon.cli.main import main
from gnomon.io.expt import read_experiments
from gnomon.maths.geometry.shadow import Shadow, carrying_rotation
from gnomon.models.goniometer_part import GoniometerPart

THEIRS = """
import numpy as np
from dxtbx.masking import GoniometerShadowMasker
from dxtbx.model.experiment_list import ExperimentListFactory
from scitbx.array_family import flex
given = np.load("parts.npz")
experiment = ExperimentListFactory.from_json_file("imported.expt", check_format=False)[0]
points, axes = flex.vec3_double(list(map(tuple, given["points"]))), flex.size_t(given["axis"].tolist())
masker = GoniometerShadowMasker(experiment.goniometer, points, axes)
for k, angle in enumerate(given["angles"].tolist()):
    masks = masker.get_mask(experiment.detector, angle)
    shapes = [panel.get_image_size()[::-1] for panel in experiment.detector]
    lit = [np.ones(shape, bool) if mask is None else mask.as_numpy_array() for mask, shape in zip(masks, shapes)]
    np.savez(f"theirs_{k}.npz", *lit)
"""
ANGLES = (0.0, 45.0, 135.0, 250.0, 300.0)
ARM = np.array([[-30, 20, -30], [-30, 40, -30], [-60, 20, 30], [-60, 40, 10], [-20, 50, -10]], float)


@pytest.mark.real
@pytest.mark.interop
@pytest.mark.parametrize("image", ["DLS_I03_smargon_0001.cbf.gz", "DLS_I23_P12M_thau_00001.cbf.gz"])
def test_the_same_pixels_are_in_shadow(image, shared, dials, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    python = subprocess.run(["/usr/bin/python3", "-c", "import dxtbx.masking"], check=False, capture_output=True)
    if python.returncode:
        pytest.skip("no Python of the system that has dxtbx")
    main(["import", str(shared / "image_examples" / image)])
    (experiment,) = read_experiments("imported.expt")
    axis = experiment.goniometer.names[1]
    np.savez("parts.npz", points=ARM, axis=[1] * len(ARM), angles=ANGLES)
    dials(tmp_path, "/usr/bin/python3", "-c", THEIRS)
    shadow = Shadow([GoniometerPart("arm", axis, ARM)], experiment.goniometer, experiment.detector)
    shaded, cut = [], 0
    for k, angle in enumerate(ANGLES):
        with np.load(f"theirs_{k}.npz") as archive:
            theirs = [~archive[name] for name in archive.files]
        ours = shadow.on(angle, angle)
        points = ARM @ carrying_rotation(experiment.goniometer, axis, angle).T
        for D, mine, other in zip(experiment.detector.inverse_frames, ours, theirs):
            if (points @ D[2] > 0).all():
                np.testing.assert_array_equal(mine, other)
            else:  # they leave out corners behind the panel's plane; where rays go, tests/maths/test_shadow.py asks
                assert not (other & ~mine).any()
                cut += int((mine & ~other).sum())
        shaded.append(sum(int(mask.sum()) for mask in ours))
    assert max(shaded) > 500_000
    assert cut < 0.01 * sum(shaded)
