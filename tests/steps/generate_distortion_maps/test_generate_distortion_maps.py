"""A planted distortion is undone by its tables: spots fit as well as without it, and are predicted where they are."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon import generate_distortion_maps, read_experiments, refine
from gnomon.cli.main import main
from gnomon.errors import InputError
from gnomon.io.expt import write_experiments
from gnomon.io.images.offsets import with_stored
from gnomon.maths.geometry.prediction import detector_limit, on_panels
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.simulate.centroids import indexed_sweep
from gnomon.simulate.example import EXAMPLE

PHI, L1, L2 = 25.0, 1.01, 0.956
CENTRE = (40.0, 55.0)


@pytest.fixture(scope="module")
def sweep():
    return indexed_sweep(EXAMPLE.changed(images=20))


def seen(sweep):
    """The spots where an elliptical distortion shows them, exactly: px of the panel, fast right and slow down."""
    xyz, phi = sweep.reflections["xyzobs.px.value"], np.deg2rad(PHI)
    (pixel,) = sweep.experiments[0].detector.pixel_sizes
    axes = np.array([[np.cos(phi), -np.sin(phi)], [np.sin(phi), np.cos(phi)]])
    along = (xyz[:, :2] * pixel - CENTRE) @ axes.T / [L1, L2]
    moved = (along @ axes + CENTRE) / pixel
    return sweep.reflections.with_columns({"xyzobs.px.value": np.column_stack([moved, xyz[:, 2]])})


def rms(result):
    """px along fast and slow, of the reflections that were refined."""
    table = result.reflections
    used = table["xyzcal.px"].any(axis=1)
    off = (table["xyzcal.px"] - table["xyzobs.px.value"])[used, :2]
    return np.sqrt(np.median(off**2, axis=0))


def test_residuals_drop_to_those_without_a_distortion(sweep, tmp_path, monkeypatch):
    """All the way through the files: 4 % are 10 px at the corners, the pixels that tables have err by 0.01."""
    monkeypatch.chdir(tmp_path)
    write_experiments("imported.expt", sweep.experiments)
    words = [f"phi={PHI}", f"l1={L1}", f"l2={L2}", f"centre_xy={CENTRE[0]},{CENTRE[1]}"]
    main(["generate_distortion_maps", "imported.expt", "mode=ellipse", *words])
    files = str(tmp_path / "dx.pickle"), str(tmp_path / "dy.pickle")
    corrected = sweep.experiments.map(lambda e: e.replace(detector=with_stored(e.detector, files)))
    distorted = seen(sweep)
    assert np.abs(distorted["xyzobs.px.value"] - sweep.reflections["xyzobs.px.value"]).max() > 8
    undisturbed = rms(refine(sweep.experiments, sweep.reflections))
    without, found = (rms(refine(e, distorted)) for e in (sweep.experiments, corrected))
    assert without.min() > 5 * undisturbed.max()
    np.testing.assert_allclose(found, undisturbed, atol=0.02)


def test_there_and_back():
    """Predictions are where the spots are seen, though offsets change by two pixels on the way."""
    x, y = np.array([1.0, 0, 0]), np.array([0, -1.0, 0])
    detector = Detector((Panel(x, y, np.array([-50.0, 60.0, -60.0]), (1000, 900), (0.1, 0.12)),))
    made = Experiments.of([Experiment(Beam(np.array([0.0, 0, 1]), 1.0), detector)])
    found = generate_distortion_maps(made, mode="ellipse", phi=40.0, l1=1.0, l2=0.95, centre_xy=(20.0, 30.0))
    moved = found.experiments[0].detector
    px = np.random.default_rng(1).uniform([0, 0], [1000, 900], (500, 2))
    mm = moved.pixel_to_mm(0, px)
    assert np.abs(mm / detector.pixel_sizes[0] - px).max() > 30
    off = np.abs(moved.mm_to_pixel(0, mm) - px).max(axis=1)
    assert np.median(off) < 1e-9
    assert off.max() < 0.06  # at the edges of pixels, where the table has a step
    (told,) = found.summary.panels
    np.testing.assert_allclose(told.dx[1], moved.panels[0].offsets.dx.max())


def test_what_is_seen_from_beyond_the_edge_is_predicted():
    """Images that are smaller than true by 8 %: rays that miss the ideal panel by 40 px are seen on it."""
    x, y = np.array([1.0, 0, 0]), np.array([0, -1.0, 0])
    detector = Detector((Panel(x, y, np.array([-50.0, 50.0, -100.0]), (1000, 1000), (0.1, 0.1)),))
    made = Experiments.of([Experiment(Beam(np.array([0.0, 0, 1]), 1.0), detector)])
    wanted = {"mode": "ellipse", "l1": 1.08, "l2": 1.08, "centre_xy": (50.0, 50.0)}
    (e,) = generate_distortion_maps(made, **wanted).experiments
    px = np.random.default_rng(1).uniform([0, 0], [1000, 1000], (500, 2))
    rays = e.detector.lab_coordinates(0, e.detector.pixel_to_mm(0, px))
    s1 = rays / np.linalg.norm(rays, axis=1, keepdims=True)
    panel, _, found = on_panels(e, s1)
    assert (panel == 0).mean() > 0.995  # but what rounds over the edge
    assert np.abs(found - px)[panel == 0].max() < 0.1
    assert detector_limit(e) <= 1 / np.linalg.norm(s1 - e.beam.s0, axis=1).max()


def test_panels_lie_in_the_plane_of_the_first():
    """Of two panels, the second turned by a right angle: the same point has the same offset on both."""
    x, y = np.array([1.0, 0, 0]), np.array([0, -1.0, 0])
    one = Panel(x, y, np.array([-10.0, 8.0, -60.0]), (100, 80), (0.2, 0.2))
    turned = Panel(-y, x, np.array([-10.0, -8.0, -60.0]), (80, 100), (0.2, 0.2))  # fast up, slow to the right
    made = Experiments.of([Experiment(Beam(np.array([0.0, 0, 1]), 1.0), Detector((one, turned)))])
    wanted = {"mode": "ellipse", "phi": 20.0, "l1": 1.02, "l2": 0.95, "centre_xy": (10.0, 8.0)}
    first, second = (p.offsets for p in generate_distortion_maps(made, **wanted).experiments[0].detector.panels)
    # pixel (x, y) of the first is (79 - y, x) of the second
    np.testing.assert_allclose(second.dx, -first.dy.T[:, ::-1], atol=1e-6)
    np.testing.assert_allclose(second.dy, first.dx.T[:, ::-1], atol=1e-6)


def test_shifts_are_of_one_panel_or_of_all(tmp_path, monkeypatch):
    x, y = np.array([1.0, 0, 0]), np.array([0, -1.0, 0])
    panels = tuple(Panel(x, y, np.array([z, 8.0, -60.0]), (50, 80), (0.2, 0.2)) for z in (-10.0, 1.0))
    made = Experiments.of([Experiment(Beam(np.array([0.0, 0, 1]), 1.0), Detector(panels))])
    monkeypatch.chdir(tmp_path)
    write_experiments("two.expt", made)
    main(["generate_distortion_maps", "two.expt", "dx=0.5,-0.25", "dy=2"])
    moved = with_stored(made[0].detector, ("dx.pickle", "dy.pickle"))
    for panel, shift in enumerate([(0.5, 2.0), (-0.25, 2.0)]):
        px = np.array([[10.3, 20.7]])
        np.testing.assert_allclose(moved.pixel_to_mm(panel, px), (px - shift) * 0.2, atol=1e-4)
        np.testing.assert_allclose(moved.mm_to_pixel(panel, px * 0.2), px + shift, atol=1e-4)
    with pytest.raises(InputError, match=r"translate.dx has 3 values, the detector 2 panels"):
        generate_distortion_maps(made, dx=(1.0, 2.0, 3.0))
    other = Experiments.of([*made, made[0].replace(detector=Detector(panels[:1]))])
    with pytest.raises(InputError, match="given 2 detectors, needed one"):
        generate_distortion_maps(other)
    assert read_experiments("two.expt")[0].detector.panels[0].offsets is None
