"""Masks that dials.generate_mask makes and ours, and spots that dials.find_spots finds with ours."""

import shutil
import subprocess

import numpy as np
import pytest

from gnomon.cli.main import main
from gnomon.io.expt import read_experiments
from gnomon.io.images.masks import read_mask, static_mask
from gnomon.io.refl import read_reflections

pytestmark = [
    pytest.mark.real,
    pytest.mark.interop,
    pytest.mark.skipif(not shutil.which("dials.import"), reason="DIALS is not installed"),
]
SHAPES = ("untrusted.rectangle=200,260,300,420", "untrusted.polygon=400,400,450,420,430,480,410,480", "border=4")


def dials(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def imported(shared, tmp_path, monkeypatch):
    images = sorted((shared / "l_cysteine").resolve().glob("l-cyst_01_*.cbf.gz"))
    monkeypatch.chdir(tmp_path)
    main(["import", *map(str, images)])
    return "imported.expt"


@pytest.mark.parametrize(
    "words",
    [*((shape,) for shape in SHAPES), ("untrusted.pixel=10,20",), ("d_min=1.2", "d_max=9", "parallax=true")],
)
def test_the_same_pixels_are_left_out(imported, words):
    words = [word.replace("parallax=true", "disable_parallax_correction=True") for word in words]
    dials("dials.generate_mask", imported, "output.mask=theirs.mask", *words)
    main(["generate_mask", imported, "output.mask=ours.mask", *words])
    (experiment,) = read_experiments(imported)
    (ours,), (theirs,) = (read_mask(f"{name}.mask", experiment.detector) for name in ("ours", "theirs"))
    (gaps,) = static_mask(experiment)  # theirs leaves gaps to whoever uses the mask
    assert (~theirs & gaps).any()
    np.testing.assert_array_equal(ours, theirs & gaps)


def test_dials_finds_the_spots_that_we_find_with_our_mask(imported):
    words = (*SHAPES, "output.experiments=masked.expt")
    main(["generate_mask", imported, *words])
    main(["find_spots", "masked.expt", "output.reflections=ours.refl"])
    dials("dials.find_spots", "masked.expt", "nproc=1", "output.reflections=theirs.refl")
    boxes = [{tuple(b) for b in read_reflections(f"{name}.refl")["bbox"].tolist()} for name in ("ours", "theirs")]
    assert len(boxes[0]) > 30
    assert boxes[0] == boxes[1]
    assert not any(200 <= (b[0] + b[1]) / 2 < 260 and 300 <= (b[2] + b[3]) / 2 < 420 for b in boxes[0])
