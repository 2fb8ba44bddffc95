"""Every real image has the geometry that dials.import gives and the pixels that dxtbx reads; where not, why.

The table is in docs/reference/formats.md ("Real images against DIALS") and is checked here, row by row.
"""

import hashlib
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from gnomon.io.expt import read_experiments
from gnomon.io.images.registry import open_images
from gnomon.models.imageset import ImageSet
from gnomon.steps.import_.params import ImportParams
from gnomon.steps.import_.step import import_images

pytestmark = [pytest.mark.interop, pytest.mark.real]

NAMES = (
    "DLS_I03_smargon_0001.cbf.gz",
    "dlsnxs2cbf_therm_0001.cbf.gz",
    "DLS_I23_P12M_thau_00001.cbf.gz",
    "TIMEPIX_SU_512-stdgoni_0001.img.gz",
    "TIMEPIX_SU_516-stdgoni_0001.img.gz",
    "simtbx_FormatSMVJHSim_001.img.gz",
)
SIMULATED = NAMES[-1]
WITHOUT_PIXELS = "dectris_eiger_master.h5"

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "formats.md"
TABLE = dict(re.findall(r"^\| `([\w.-]+)` \|.*?\|.*?\| (\w*) ?\|", PAGE.read_text(), re.MULTILINE))
"""Of each file in the table of the docs, the first digits of the checksum of its pixels."""

CHECKSUMS = """
import hashlib, sys
from dxtbx.model.experiment_list import ExperimentList
images = ExperimentList.from_file(sys.argv[1], check_format=True)[0].imageset
for panel in images.get_raw_data(0):
    print(hashlib.sha256(panel.as_numpy_array().astype("<i4").tobytes()).hexdigest())
"""


@pytest.fixture(scope="module")
def imported(dials, tmp_path_factory):
    """``imported(path)``: the .expt that dials.import makes of one image, once for all tests."""
    folder, done = tmp_path_factory.mktemp("dials"), {}

    def run(path):
        if path not in done:
            done[path] = folder / f"{path.name}.expt"
            dials(folder, "dials.import", str(path), f"output.experiments={done[path].name}")
        return done[path]

    return run


def ours(path):
    (experiment,) = import_images([str(path)], ImportParams()).experiments
    return experiment


@pytest.mark.parametrize("name", NAMES)
def test_geometry_is_that_of_dials(imported, shared, name):
    path = shared / "image_examples" / name
    found, (theirs,) = ours(path), read_experiments(imported(path))
    np.testing.assert_allclose(found.beam.s0, theirs.beam.s0, atol=1e-6)
    shift = found.detector.frames - theirs.detector.frames
    if name == SIMULATED:
        np.testing.assert_allclose(shift[0].T, [[0, 0, 0], [0, 0, 0], [0.055, -0.055, 0]], atol=1e-9)
        assert (found.goniometer, found.scan, theirs.scan.oscillation) == (None, None, (0.0, 0.0))
        return
    np.testing.assert_allclose(shift, 0, atol=1e-6)
    panels = [(p.image_size, p.pixel_size, p.raw_image_offset) for p in found.detector.panels]
    assert panels == [(p.image_size, pytest.approx(p.pixel_size), p.raw_image_offset) for p in theirs.detector.panels]
    np.testing.assert_allclose(found.detector.parallax[:, 0], theirs.detector.parallax[:, 0], rtol=1e-6)
    for name in ("rotation_axis", "fixed_rotation", "setting_rotation"):
        mine, other = getattr(found.goniometer, name), getattr(theirs.goniometer, name)
        np.testing.assert_allclose(mine, other, atol=1e-6)
    np.testing.assert_allclose(found.scan.oscillation, theirs.scan.oscillation, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_pixels_are_those_of_dxtbx(dials, imported, shared, tmp_path, name):
    path = shared / "image_examples" / name
    script = tmp_path / "checksums.py"
    script.write_text(CHECKSUMS)
    python = Path(shutil.which("dials.import")).read_text().partition("\n")[0].removeprefix("#!").split()
    theirs = dials(tmp_path, *python, str(script), str(imported(path))).split()
    images = open_images(ImageSet(paths=(str(path),))).read(1)
    assert [hashlib.sha256(image.astype("<i4").tobytes()).hexdigest() for image in images] == theirs
    whole = hashlib.sha256(b"".join(image.astype("<i4").tobytes() for image in images))
    assert whole.hexdigest()[:12] == TABLE[name]


def test_the_table_has_every_image(shared):
    files = {path.name for path in (shared / "image_examples").iterdir()}
    assert files == set(NAMES) | {WITHOUT_PIXELS}
    assert files <= set(TABLE)


def test_a_master_without_its_data_gives_its_geometry(shared):
    """DIALS 3.12.1 stops at it."""
    result = import_images([str(shared / "image_examples" / WITHOUT_PIXELS)], ImportParams())
    assert result.experiments[0].detector.panels[0].image_size[0] > 1000
    assert any("only the geometry was read" in line for line in result.summary.warnings)


def test_the_simulated_image_is_symmetric_about_our_centre(shared):
    """Electrons see the zone hk0 from both sides: the image's correlation with its own inverse peaks at the beam."""
    (image,) = open_images(ImageSet(paths=(str(shared / "image_examples" / SIMULATED),))).read(1)
    weight = np.fft.fft2(image - np.median(image), (2048, 2048))
    peak = np.unravel_index(np.fft.ifft2(weight**2).real.argmax(), (2048, 2048))
    assert ((np.array(peak) + 1) / 2).tolist() == [512.0, 512.0]
