"""Offsets of a panel's pixels, as dxtbx applies them: through the files dx and dy of an image set, both ways."""

import json
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest

from gnomon import generate_distortion_maps
from gnomon.cli.main import main
from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.images.offsets import read_offsets
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.goniometer import Goniometer
from gnomon.models.imageset import ImageSet
from gnomon.models.offsets import ModuleOffsets, OffsetMap
from gnomon.models.scan import Scan
from gnomon.steps.refine.detector_modules import panel_grids

pytestmark = [
    pytest.mark.real,
    pytest.mark.interop,
    pytest.mark.skipif(not shutil.which("libtbx.python"), reason="DIALS is not installed"),
]

DXTBX = """
import json, sys
from dxtbx.model.experiment_list import ExperimentListFactory
panel = ExperimentListFactory.from_json_file(sys.argv[1], check_format=True)[0].detector[0]
points = json.load(open(sys.argv[2]))
mm = [panel.pixel_to_millimeter(p) for p in points]
px = [panel.millimeter_to_pixel([0.172 * x for x in p]) for p in points]
json.dump([mm, px], open(sys.argv[3], "w"))
"""

TABLES = """
import pickle, sys
import numpy as np
from scitbx.array_family import flex
rng = np.random.default_rng(3)
for name in ("dx", "dy"):
    values = rng.normal(size=(1679, 1475))
    values[:200] *= 1e-5
    values[200:300] = 0
    values[300:400] *= 40
    pickle.dump((flex.double(values),), open(name + ".pickle", "wb"), int(sys.argv[1]))
"""


def dxtbx(folder, expt, points):
    """(n, 2) mm of the points in px, and px of the points times 0.172 mm, as dxtbx has them."""
    (folder / "points.json").write_text(json.dumps(points.tolist()))
    (folder / "maps.py").write_text(DXTBX)
    subprocess.run(["libtbx.python", "maps.py", expt, "points.json", "found.json"], cwd=folder, check=True)
    return [np.array(one) for one in json.loads((folder / "found.json").read_text())]


@pytest.fixture
def imported(shared, tmp_path, monkeypatch):
    images = sorted((shared / "l_cysteine").resolve().glob("l-cyst_01_0000[1-3].cbf.gz"))
    monkeypatch.chdir(tmp_path)
    main(["import", *map(str, images)])
    return read_experiments("imported.expt")


AXIS, SCAN = Goniometer(np.array([1.0, 0, 0])), Scan((1, 10), (0.0, 1.0))
POINTS = np.random.default_rng(5).uniform([-3, -3], [1478, 1682], (300, 2))


def ours(experiments, points):
    detector = experiments[0].detector
    return [detector.pixel_to_mm(0, points), detector.mm_to_pixel(0, 0.172 * points)]


def differences(with_offsets, without):
    """(2 arrays (n, 2)) px by which offsets change mm and px; the parallax is another matter."""
    return [(with_offsets[0] - without[0]) / 0.172, with_offsets[1] - without[1]]


def same_pixels(imported, plain):
    """(n,) bool: the rays that meet the same pixel in both programs, whose parallax differs by tenths of one."""
    same = (np.floor(ours(imported, POINTS)[1]) == np.floor(plain[1])).all(axis=1)
    assert same.mean() > 0.5
    return same


def test_dxtbx_applies_the_offsets_that_we_write(imported, tmp_path):
    detector, rng = imported[0].detector, np.random.default_rng(1)
    (grid,) = panel_grids(detector, ((),))
    assert len(grid) == 3 * 8
    offsets = ModuleOffsets(grid, rng.normal(size=(24, 2)), 1e-3 * rng.normal(size=24))
    moved = imported.map(lambda e: e.replace(detector=e.detector.with_offsets([offsets])))
    assert [name.split("/")[-1] for name in write_experiments("moved.expt", moved)] == [
        "moved_dx.pickle",
        "moved_dy.pickle",
    ]
    plain = dxtbx(tmp_path, "imported.expt", POINTS)
    theirs = differences(dxtbx(tmp_path, "moved.expt", POINTS), plain)
    found = differences(ours(moved, POINTS), ours(imported, POINTS))
    again = differences(ours(read_experiments("moved.expt"), POINTS), ours(imported, POINTS))
    assert np.abs(found[0]).max() > 1
    for mine, read in zip(found, again):
        np.testing.assert_array_equal(mine, read)
    np.testing.assert_allclose(found[0], theirs[0], rtol=1e-3, atol=1e-4)  # the slope of the parallax
    same = same_pixels(imported, plain)
    np.testing.assert_allclose(found[1][same], theirs[1][same], atol=7e-5)  # of a map to 2 ** -16 of 4 px


@pytest.mark.parametrize("protocol", ["2", "4"])
def test_we_apply_the_offsets_that_dials_imports(imported, shared, tmp_path, protocol):
    (tmp_path / "tables.py").write_text(TABLES)
    subprocess.run(["libtbx.python", "tables.py", protocol], cwd=tmp_path, check=True)
    images = sorted(map(str, (shared / "l_cysteine").resolve().glob("l-cyst_01_0000[1-3].cbf.gz")))
    words = ["lookup.dx=dx.pickle", "lookup.dy=dy.pickle", "output.experiments=theirs.expt"]
    subprocess.run(["dials.import", *images, *words], cwd=tmp_path, check=True, capture_output=True)
    main(["import", *images, *words[:2], "output.experiments=ours.expt"])
    plain = dxtbx(tmp_path, "imported.expt", POINTS)
    theirs, same = differences(dxtbx(tmp_path, "theirs.expt", POINTS), plain), same_pixels(imported, plain)
    for name in ("theirs.expt", "ours.expt"):
        experiments = read_experiments(name)
        assert isinstance(experiments[0].detector.panels[0].offsets.loaded, OffsetMap)
        mm, px = differences(ours(experiments, POINTS), ours(imported, POINTS))
        np.testing.assert_allclose(mm, theirs[0], atol=2e-3, rtol=2e-3)  # the slope of the parallax
        # dxtbx looks the offset up where the ray meets the panel, not where it is seen: 2 px off with an ellipse of 4 %
        met = ours(imported, POINTS)[1]
        there = same & (np.floor(met + theirs[1]) == np.floor(met)).all(axis=1)
        assert there.mean() > 0.15
        np.testing.assert_allclose(px[there], theirs[1][there], rtol=1e-6, atol=1e-9)  # kept in 32 bits


def test_a_panel_without_parallax_has_offsets_too(imported, tmp_path):
    """dxtbx has a strategy of its own for such panels."""
    simple = imported.map(
        lambda e: e.replace(
            detector=replace(
                e.detector,
                panels=tuple(replace(p, px_mm_strategy="SimplePxMmStrategy", mu=0.0) for p in e.detector.panels),
            )
        )
    )
    (grid,) = panel_grids(simple[0].detector, ((),))
    offsets = ModuleOffsets(grid, np.full((24, 2), [0.25, -0.5]), np.zeros(24))
    moved = simple.map(lambda e: e.replace(detector=e.detector.with_offsets([offsets])))
    write_experiments("simple.expt", moved)
    mm, px = dxtbx(tmp_path, "simple.expt", POINTS)
    np.testing.assert_allclose(mm, ours(moved, POINTS)[0], atol=1e-9)
    np.testing.assert_allclose(px, ours(moved, POINTS)[1], atol=1e-9)


@pytest.mark.parametrize("phi", [20.0, -35.0])
def test_ellipses_have_the_offsets_of_dials(tmp_path, phi):
    """On square panels: of others its tables have their sides exchanged, and fit no image."""
    x, y = np.array([1.0, 0, 0]), np.array([0, -1.0, 0])
    panel = Panel(x, y, np.array([-10.0, 8.0, -60.0]), (90, 90), (0.2, 0.25))
    detector = Detector((panel, replace(panel, origin=np.array([9.0, 8.0, -60.0]))))
    images = ImageSet(template="/nowhere/a_###.cbf")
    given = Experiments.of([Experiment(Beam(np.array([0.0, 0, 1]), 1.0), detector, AXIS, SCAN, images=images)])
    write_experiments(tmp_path / "two.expt", given)
    words = ["mode=ellipse", f"phi={phi}", "l1=1.02", "l2=0.95", "centre_xy=10,8"]
    subprocess.run(["dials.generate_distortion_maps", "two.expt", *words], cwd=tmp_path, check=True)
    theirs = read_offsets(str(tmp_path / "dx.pickle"), str(tmp_path / "dy.pickle"))
    wanted = {"mode": "ellipse", "phi": phi, "l1": 1.02, "l2": 0.95, "centre_xy": (10.0, 8.0)}
    found = generate_distortion_maps(given, **wanted).experiments[0].detector.panels
    for one, other in zip(found, theirs, strict=True):
        np.testing.assert_allclose(one.offsets.dx, other.dx, atol=1e-6)
        np.testing.assert_allclose(one.offsets.dy, other.dy, atol=1e-6)
