"""Predictions: on the sphere, consistent with each other, and where DIALS puts them."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.refl import read_reflections
from gnomon.maths.geometry.centroids import observed_rays
from gnomon.maths.geometry.ewald import interpolated, is_entering
from gnomon.maths.geometry.prediction import detector_limit, predict, predict_scan
from gnomon.models.detector import SIMPLE
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.goniometer import rotation_about
from gnomon.models.reflections import Reflections
from gnomon.models.scan import Scan

DATA = Path(os.environ["GNOMON_SHARED_DATA"])


def on_lattice(experiment, table):
    """Largest departure from whole indices of the spots ``table`` says it predicts, by the observer's route."""
    s1, mm = observed_rays(experiment, table["panel"].astype(int), table["xyzcal.px"])
    worst = 0.0
    for ray, phi, hkl in zip(s1, mm[:, 2], table["miller_index"]):
        A = experiment.crystal.A
        if experiment.crystal.is_scan_varying:
            z = experiment.scan.z_at(np.rad2deg([phi]))
            A = interpolated(experiment.crystal.A_at_scan_points, experiment.scan.array_range[0], z)[0]
        back = np.linalg.inv(experiment.goniometer.rotation_at(np.rad2deg(phi)) @ A) @ (ray - experiment.beam.s0)
        worst = max(worst, np.abs(back - hkl).max())
    return worst


def varying(experiment):
    """The experiment with a crystal that turns and swells along its scan."""
    n = experiment.scan.n_images
    points = [
        rotation_about(np.array([1.0, 0.5, 0.2]), 0.01 * t**2) @ experiment.crystal.A * (1 - 0.003 * t)
        for t in np.linspace(0, 1, n + 1)
    ]
    return experiment.replace(crystal=replace(experiment.crystal, A_at_scan_points=np.array(points)))


@pytest.mark.parametrize("n_panels", [1, 3])
@pytest.mark.parametrize("vary", [False, True])
def test_predicted_spots_index_to_whole_numbers(tilted, n_panels, vary):
    experiment = tilted(n_panels=n_panels)
    if vary:
        experiment = varying(experiment)
    table = predict_scan(experiment, 0, d_min=2.5)
    assert len(table) > 500
    assert set(table["panel"]) == set(range(n_panels))
    # parallax is undone at the point it was evaluated at, not exactly: 1e-3 of an index
    assert on_lattice(experiment, table) < 2e-3
    np.testing.assert_array_equal(table["entering"], is_entering(experiment, table["s1"]))
    first, last = experiment.scan.array_range
    assert table["xyzcal.px"][:, 2].min() >= first
    assert table["xyzcal.px"][:, 2].max() <= last


@pytest.mark.parametrize("vary", [False, True])
def test_predict_finds_what_predict_scan_made(tilted, vary):
    experiment = varying(tilted()) if vary else tilted()
    made = predict_scan(experiment, 0, d_min=3.0)
    near = made["xyzcal.px"] + [3.0, -2.0, 0.4]
    bare = made.without_columns("xyzcal.px", "xyzcal.mm").with_columns({"xyzobs.px.value": near})
    again = predict(Experiments.of([experiment]), bare)
    assert again.has(Flag.PREDICTED).all()
    np.testing.assert_allclose(again["xyzcal.px"], made["xyzcal.px"], atol=1e-4)
    np.testing.assert_allclose(again["xyzcal.mm"], made["xyzcal.mm"], atol=1e-4)


def test_rows_without_index_or_experiment_are_left_alone(tilted):
    experiment = tilted()
    made = predict_scan(experiment, 0, d_min=4.0)
    ids, hkl = made["id"].copy(), made["miller_index"].copy()
    ids[0], hkl[1] = -1, 0
    again = predict(Experiments.of([experiment]), made.with_columns({"id": ids, "miller_index": hkl}))
    assert not again.has(Flag.PREDICTED)[:2].any()
    assert again.has(Flag.PREDICTED)[2:].all()
    assert (again["xyzcal.px"][:2] == 0).all()


def test_more_than_a_turn_predicts_each_crossing(tilted):
    once = predict_scan(tilted(scan=Scan((1, 360), (0.0, 1.0))), 0, d_min=5.0)
    twice = predict_scan(tilted(scan=Scan((1, 720), (0.0, 1.0))), 0, d_min=5.0)
    assert len(twice) == 2 * len(once)


def test_padding_and_centring(tilted):
    primitive = predict_scan(tilted(), 0, d_min=3.0)
    padded = predict_scan(tilted(), 0, d_min=3.0, padding=2.0)
    first, last = tilted().scan.array_range
    z = padded["xyzcal.px"][:, 2]
    assert ((z >= first) & (z <= last)).sum() == len(primitive)
    assert first - 4 <= z.min() < first
    assert last < z.max() <= last + 4
    centred = predict_scan(tilted(hall=" C 2y"), 0, d_min=3.0)
    assert (centred["miller_index"][:, :2].sum(axis=1) % 2 == 0).all()
    assert len(centred) == (primitive["miller_index"][:, :2].sum(axis=1) % 2 == 0).sum()


def test_nothing_beyond_the_corner(tilted):
    experiment = tilted()
    everything = predict_scan(experiment, 3)
    assert everything["d"].min() >= detector_limit(experiment)
    assert everything["d"].min() < 1.05 * detector_limit(experiment)
    assert (everything["id"] == 3).all()


def test_stills_and_bare_experiments_are_refused(tilted):
    table = Reflections({"id": np.zeros(1), "miller_index": np.ones((1, 3)), "panel": np.zeros(1)})
    with pytest.raises(InputError, match="still"):
        predict(Experiments.of([tilted().replace(scan=None)]), table)
    with pytest.raises(InputError, match="run index first"):
        predict_scan(tilted().replace(crystal=None), 0)


@pytest.mark.real
@pytest.mark.parametrize(
    ("stem", "tolerance"),
    [
        ("quartz_processed/indexed", 1e-9),
        ("quartz_processed/refined", 1e-3),  # scan-varying: DIALS composes the crystal in blocks
        ("centroid_test_data/indexed", 1e-9),
        ("l_cysteine_narrow_wedge/11_integrated", 1e-9),
    ],
)
def test_real_files_hold_our_predictions(stem, tolerance):
    path = DATA / "dials_files" / stem
    if not path.with_suffix(".expt").exists():
        pytest.skip("shared real data absent")
    experiments, table = read_experiments(path.with_suffix(".expt")), read_reflections(path.with_suffix(".refl"))
    table = table.select((table["id"] >= 0) & (table["xyzcal.px"] != 0).any(axis=1))
    assert len(table) > 50
    again = predict(experiments, table)
    assert again.has(Flag.PREDICTED).sum() >= len(table) - 1
    # in mm: pixels differ by the normalised parallax (docs/decisions/2026-11-22-parallax.md)
    np.testing.assert_allclose(again["xyzcal.mm"][:, :2], table["xyzcal.mm"][:, :2], atol=tolerance)
    np.testing.assert_allclose(again["xyzcal.px"][:, 2], table["xyzcal.px"][:, 2], atol=tolerance)
    for i, experiment in enumerate(experiments):
        rows = table.select(table["id"] == i)
        s1, _ = observed_rays(experiment, rows["panel"].astype(int), rows["xyzobs.px.value"])
        np.testing.assert_array_equal(is_entering(experiment, s1), rows["entering"])


@pytest.fixture
def real_sweeps(tmp_path):
    """Models of L-cysteine on a kappa goniometer over the real images, also as a file.

    Without parallax, which the two programs define differently (docs/decisions/2026-11-22-parallax.md).
    """
    source, images = DATA / "dials_files/l_cysteine_dials_output/indexed.expt", (DATA / "l_cysteine").resolve()
    if not shutil.which("dials.predict") or not source.exists():
        pytest.skip("no DIALS, or shared real data absent")
    experiments = read_experiments(source).map(
        lambda e: e.replace(
            images=replace(e.images, template=str(images / (Path(e.images.template).name + ".gz"))),
            scan=Scan((1, 15), e.scan.oscillation),
            detector=replace(e.detector, panels=tuple(replace(p, px_mm_strategy=SIMPLE) for p in e.detector.panels)),
        )
    )
    write_experiments(tmp_path / "sweeps.expt", experiments)
    return experiments


@pytest.mark.interop
def test_same_predictions_as_dials(real_sweeps, tmp_path):
    run = ["dials.predict", "sweeps.expt", "output=predicted.refl"]
    subprocess.run(run, cwd=tmp_path, check=True, capture_output=True)
    theirs = read_reflections(tmp_path / "predicted.refl")
    ours = Reflections.concatenate([predict_scan(e, i) for i, e in enumerate(real_sweeps)])

    def by_name(table):
        keys = zip(table["id"].tolist(), table["miller_index"].tolist(), table["entering"].tolist())
        return {(i, *hkl, entering): row for row, (i, hkl, entering) in enumerate(keys)}

    a, b = by_name(ours), by_name(theirs)
    assert len(a) > 100
    assert a.keys() == b.keys()
    rows = [b[key] for key in a]
    np.testing.assert_allclose(ours["xyzcal.px"], theirs["xyzcal.px"][rows], atol=1e-6)
    np.testing.assert_allclose(ours["s1"], theirs["s1"][rows], atol=1e-9)
