"""Import: sweeps, sharing, corrections, reference geometry."""

from __future__ import annotations

import gzip
import shutil

import numpy as np
import pytest
from hdf5_collection import Collection

from gnomon.distribute.workers import Workers
from gnomon.errors import InputError
from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.images.masks import write_mask
from gnomon.io.images.registry import open_images
from gnomon.models.model import key_of
from gnomon.models.offsets import ModuleGrid, ModuleOffsets
from gnomon.report.import_ import describe
from gnomon.step import Context
from gnomon.steps.import_.params import ImportParams
from gnomon.steps.import_.step import import_images
from tests.plain_values import assert_plain


@pytest.fixture
def sweep(tmp_path, pixels, write_cbf):
    """``sweep(stem, numbers, **header changes)`` writes images that turn 0.5 degrees each from 12 degrees on."""

    def write(stem, numbers, start=12.0, **changes):
        for n in numbers:
            angle = f"{start + 0.5 * (n - 1):.4f} deg."
            write_cbf(tmp_path / f"{stem}_{n:04d}.cbf", pixels, Start_angle=angle, **changes)
        return str(tmp_path / f"{stem}_####.cbf")

    return write


def run(*words, **params):
    return import_images(list(words), ImportParams(**params))


def test_one_sweep(sweep):
    result = run(sweep("a", range(3, 8)))
    (experiment,) = result.experiments
    assert experiment.scan.image_range == (3, 7)
    assert experiment.scan.oscillation == (13.0, 0.5)
    np.testing.assert_allclose(experiment.scan.exposure_time, [0.1] * 5)
    assert experiment.images.path_of(4).endswith("a_0004.cbf")
    assert result.summary.warnings == ()


def test_identifiers_repeat_and_differ_between_sweeps(sweep):
    words = sweep("a", range(1, 4)), sweep("b", range(1, 4))
    once, again = ([e.identifier for e in run(*words).experiments] for _ in range(2))
    assert once == again
    assert len(set(once)) == 2


def test_the_number_of_workers_changes_nothing(sweep):
    words = [sweep("a", range(1, 9)), sweep("b", range(1, 4), Detector_distance="0.3 m")]
    one, four = (import_images(words, ImportParams(), context=Context(Workers(n))) for n in (1, 4))
    assert one.summary == four.summary
    assert [e.identifier for e in one.experiments] == [e.identifier for e in four.experiments]


def test_models_that_agree_are_one_object(sweep):
    near = sweep("a", [1, 2]), sweep("b", [1, 2], start=90.0, Detector_distance="0.25003 m")
    far = sweep("c", [1, 2], Detector_distance="0.2502 m", Wavelength="0.9796 A")
    a, b, c = run(*near, far).experiments
    assert a.detector is b.detector
    assert a.beam is b.beam
    assert c.detector is not a.detector
    assert c.beam is not a.beam
    assert a.goniometer is b.goniometer is c.goniometer


def test_a_missing_image_splits_the_sweep_and_is_told(sweep):
    result = run(sweep("a", [1, 2, 3, 6, 7]))
    assert [e.scan.image_range for e in result.experiments] == [(1, 3), (6, 7)]
    assert [e.scan.oscillation for e in result.experiments] == [(12.0, 0.5), (14.5, 0.5)]
    assert result.experiments[0].detector is result.experiments[1].detector
    assert result.summary.warnings == ("a_####.cbf: a new sweep begins at image 6: images 4 to 5 are missing",)


def test_a_jump_of_the_angle_splits_the_sweep(sweep):
    sweep("a", [1, 2, 3])
    result = run(sweep("a", [4, 5], start=50.0))
    assert [e.scan.image_range for e in result.experiments] == [(1, 3), (4, 5)]
    assert "starts at 51.5 degrees, not 13.5" in result.summary.warnings[0]


def test_a_moved_detector_splits_the_sweep(sweep):
    sweep("a", [1, 2, 3])
    result = run(sweep("a", [4, 5], Detector_distance="0.30 m"))
    assert [len(e.scan.epochs) for e in result.experiments] == [3, 2]
    assert result.summary.warnings[0].endswith("image 4: the detector is 50 mm away from where it was")


def test_a_wavelength_that_wavers_is_one_sweep(tmp_path, pixels, write_cbf):
    """By what a beam line's feedback does; beyond that the user may say so, or give the wavelength."""
    for n in range(1, 6):
        lines = {"Start_angle": f"{0.5 * n}", "Wavelength": f"{0.9795 + 2e-5 * (n % 2)} A"}
        write_cbf(tmp_path / f"a_{n}.cbf", pixels, **lines)
    assert len(run(str(tmp_path)).experiments) == 1
    strict = run(str(tmp_path), wavelength_tolerance=1e-6)
    assert len(strict.experiments) == 5
    assert strict.summary.warnings[0].endswith("image 2: the wavelength is 0.9795 Å, not 0.97952")
    (one,) = run(str(tmp_path), wavelength_tolerance=1e-6, wavelength=1.0).experiments
    assert one.beam.wavelength == 1.0


def test_what_the_user_gives_comes_before_sweeps_are_split(tmp_path, pixels, write_cbf):
    for n in range(1, 6):
        lines = {"Start_angle": "7", "Detector_distance": f"{0.2 + 0.001 * n} m"}
        write_cbf(tmp_path / f"a_{n}.cbf", pixels, **lines)
    assert len(run(str(tmp_path)).experiments) == 5
    (one,) = run(str(tmp_path), distance=250.0, oscillation=(0.0, 1.0)).experiments
    assert one.scan.oscillation_range == (0.0, 5.0)
    assert one.detector.frames[0, 2, 2] == pytest.approx(-250)


def test_a_template_is_one_sweep(tmp_path, pixels, write_cbf):
    """As in DIALS: what its headers say otherwise does not cut it, nor does a date behind the number."""
    for n in range(1, 6):
        write_cbf(tmp_path / f"x1_{n:04}_20240501.cbf", pixels, Start_angle="3", Wavelength=f"{0.9 + 0.01 * n} A")
    (one,) = run(template=(str(tmp_path / "x1_####_20240501.cbf"),), oscillation=(0.0, 1.0)).experiments
    assert one.scan.image_range == (1, 5)
    assert one.scan.oscillation == (0.0, 1.0)


def test_a_given_oscillation_goes_on_behind_missing_images(tmp_path, pixels, write_cbf):
    for n in (3, 4, 7, 8):
        write_cbf(tmp_path / f"a_{n}.cbf", pixels, Start_angle="0")
    found = run(str(tmp_path), oscillation=(10.0, 0.5)).experiments
    assert [e.scan.oscillation_range for e in found] == [(10.0, 11.0), (12.0, 13.0)]


def test_what_the_header_lacks_the_user_may_give(tmp_path, pixels, write_cbf):
    path = str(write_cbf(tmp_path / "a_1.cbf", pixels, Detector_distance="", Wavelength=""))
    with pytest.raises(InputError, match=r"give geometry.beam.wavelength=... geometry.detector.distance=..."):
        run(path)
    (one,) = run(path, distance=250.0, wavelength=0.9).experiments
    assert (one.detector.frames[0, 2, 2], one.beam.wavelength) == (pytest.approx(-250), 0.9)


def test_a_full_turn_goes_on_past_360(sweep):
    (experiment,) = run(sweep("a", range(1, 5), start=359.0)).experiments
    assert experiment.scan.oscillation_range == (359.0, 361.0)


def test_angles_written_modulo_360_go_on(tmp_path, pixels, write_cbf):
    for n, angle in enumerate(("359.0", "359.5", "0.0", "0.5"), 1):
        write_cbf(tmp_path / f"a_{n}.cbf", pixels, Start_angle=angle)
    (experiment,) = run(str(tmp_path)).experiments
    assert experiment.scan.oscillation == (359.0, 0.5)


def test_the_width_is_told_by_the_ends_where_headers_round(tmp_path, pixels, write_cbf):
    for n in range(31):
        write_cbf(tmp_path / f"a_{n:02d}.cbf", pixels, Start_angle=f"{n / 30:.4f}", Angle_increment="0.0333")
    (experiment,) = run(str(tmp_path)).experiments
    assert experiment.scan.image_range == (0, 30)
    assert experiment.scan.oscillation == (0.0, pytest.approx(1 / 30, abs=1e-9))


def test_an_image_range_of_every_sweep(sweep):
    words = sweep("a", range(1, 9)), sweep("b", range(1, 9))
    assert [e.scan.image_range for e in run(*words, image_range=(3, 5)).experiments] == [(3, 5)] * 2


def test_compressed_images_are_found(tmp_path, sweep):
    sweep("a", [1, 2])
    for path in sorted(tmp_path.glob("*.cbf")):
        path.with_suffix(".cbf.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    (experiment,) = run(str(tmp_path)).experiments
    assert experiment.images.template.endswith("a_####.cbf.gz")


def test_data_files_beside_their_master_are_not_called_strange(tmp_path):
    images = np.ones((8, 30, 40), np.uint16)
    Collection("files", tmp_path / "a_master.h5", images).write(lambda i: None)
    assert len(list(tmp_path.glob("*.h5"))) == 3
    result = run(str(tmp_path))
    assert [e.scan.image_range for e in result.experiments] == [(1, 8)]
    assert not [warning for warning in result.summary.warnings if ".h5 " in warning]


def test_other_files_among_images_are_left_out_and_told(tmp_path, sweep):
    sweep("a", [1, 2])
    (tmp_path / "notes.txt").write_text("beam was bad")
    result = run(str(tmp_path))
    assert len(result.experiments) == 1
    assert result.summary.warnings == ("notes.txt is no image of a kind that gnomon reads: left out",)


def centre(experiment):
    d, s0 = experiment.detector, experiment.beam.s0[None]
    return (d.intersect(0, s0)[0] / d.pixel_sizes[0]).tolist()


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"fast_slow_beam_centre": (20, 8)}, [20, 8]),
        ({"slow_fast_beam_centre": (20, 8)}, [8, 20]),
        ({"mosflm_beam_centre": (1.72, 3.44)}, [20, 10]),
        ({"fast_slow_beam_centre": (20, 8), "distance": 300}, [20, 8]),
    ],
)
def test_the_beam_centre_is_where_the_user_says(sweep, params, expected):
    (experiment,) = run(sweep("a", [1]), **params).experiments
    assert centre(experiment) == pytest.approx(expected)
    assert experiment.detector.frames[0, 2, 2] == pytest.approx(-params.get("distance", 250))


def test_a_model_changed_by_hand_is_not_said_to_be_the_headers(sweep):
    words = sweep("a", [1])
    text = describe(run(words, distance=99.0).summary)
    assert text.startswith("1 image (1 miniCBF)")
    assert "beam: from the header\ndetector: from the header, corrected by what was given\n" in text
    reference = run(words).experiments
    text = describe(import_images([words], ImportParams(use_detector_reference=False), reference=reference).summary)
    assert "beam: from the header, corrected by what was given\ndetector: from the header\n" in text


def test_a_corrected_wavelength_changes_the_absorption_too(sweep):
    template = sweep("a", [1])
    plain, corrected = (run(template, **p).experiments[0] for p in ({}, {"wavelength": 1.0}))
    assert corrected.beam.wavelength == 1.0
    assert corrected.detector.panels[0].mu == pytest.approx(4.2079858756)
    assert plain.detector.panels[0].mu == pytest.approx(3.9603861)


def test_axis_and_sense_of_rotation(sweep):
    template = sweep("a", [1])
    given = run(template, goniometer_axes=(0, 2, 0)).experiments[0].goniometer
    turned = run(template, goniometer_axes=(0, 2, 0), invert_rotation_axis=True).experiments[0].goniometer
    np.testing.assert_array_equal(given.lab_axis, [0, 1, 0])
    np.testing.assert_array_equal(turned.lab_axis, [0, -1, 0])


def test_beam_corrections(sweep):
    (experiment,) = run(
        sweep("a", [1]), beam_direction=(0, 0.3, 0.4), polarization_fraction=0.5, polarization_normal=(2, 0, 0)
    ).experiments
    np.testing.assert_allclose(experiment.beam.direction, [0, 0.6, 0.8])
    np.testing.assert_allclose(experiment.beam.polarization_normal, [1, 0, 0])
    assert experiment.beam.polarization_fraction == 0.5


def test_the_oscillation_may_be_given_for_still_headers(tmp_path, pixels, write_cbf):
    for n in (1, 2, 3):
        write_cbf(tmp_path / f"a_{n}.cbf", pixels, Start_angle="0", Angle_increment="0")
    (experiment,) = run(str(tmp_path), oscillation=(10, 0.2)).experiments
    assert experiment.scan.oscillation_range == pytest.approx((10, 10.6))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"fast_slow_beam_centre": (1, 2), "mosflm_beam_centre": (1, 2)}, "more than once"),
        ({"image_range": (5, 2)}, "first and the last"),
        ({"beam_direction": (0, 0, 0)}, "not all zero"),
        ({"goniometer_axes": (1, 0)}, "three numbers"),
        ({"fast_slow_beam_centre": (1,)}, "two numbers"),
    ],
)
def test_parameters_that_cannot_be_are_refused(params, message):
    with pytest.raises(ValueError, match=message):
        ImportParams(**params)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"fast_slow_beam_centre": (1, 2, 7)}, "panels 0 to 0"),
        ({"goniometer_axes": (1, 0, 0, 0, 1, 0)}, "2 axes given, the goniometer has 1"),
        ({"beam_direction": (1, 0, 0), "fast_slow_beam_centre": (1, 2)}, "never meets"),
        ({"mask": "missing.npz"}, "no such mask file"),
    ],
)
def test_corrections_that_do_not_fit_are_one_line(sweep, params, message):
    with pytest.raises(InputError, match=message):
        run(sweep("a", [1]), **params)


def test_a_mask_goes_with_the_images(tmp_path, sweep):
    write_mask(tmp_path / "mine.npz", (np.ones((20, 30), bool),))
    (experiment,) = run(sweep("a", [1]), mask=str(tmp_path / "mine.npz")).experiments
    assert experiment.images.mask == str(tmp_path / "mine.npz")


def test_what_casts_shadows_goes_with_the_images(tmp_path, sweep):
    path = tmp_path / "arm.toml"
    path.write_text("[[part]]\naxis = 'scan'\npoints = [[-5, 1, -9], [-5, 2, -9], [-4, 1, -9]]")
    (experiment,) = run(sweep("a", [1]), shadow=str(path)).experiments
    assert experiment.images.params["dynamic_shadowing"] == "Auto"
    assert experiment.images.params["shadow"]["part"][0]["axis"] == "scan"
    (off,) = run(sweep("b", [1]), dynamic_shadowing=False).experiments
    assert off.images.params == {"dynamic_shadowing": False, "multi_panel": False}
    path.write_text(path.read_text().replace("scan", "KAPPA"))
    with pytest.raises(InputError, match="moves with axis 'KAPPA', only scan"):
        run(sweep("c", [1]), shadow=str(path))
    with pytest.raises(InputError, match="dynamic_shadowing=true, but"):
        run(sweep("d", [1]), dynamic_shadowing=True)


def test_a_reference_overrules_the_header_and_corrections_the_reference(sweep):
    reference = run(sweep("r", [1], Detector_distance="0.31 m", Wavelength="0.9 A")).experiments
    other = sweep("a", [1, 2])
    (taken,) = import_images([other], ImportParams(), reference=reference).experiments
    assert taken.detector is reference[0].detector
    assert taken.beam.wavelength == 0.9
    (mixed,) = import_images([other], ImportParams(use_detector_reference=False), reference=reference).experiments
    assert mixed.detector.frames[0, 2, 2] == -250
    (corrected,) = import_images([other], ImportParams(distance=320), reference=reference).experiments
    assert corrected.detector.frames[0, 2, 2] == pytest.approx(-320)


def test_a_reference_brings_its_modules_along(sweep, tmp_path):
    reference = run(sweep("r", [1])).experiments
    panel = reference[0].detector.panels[0]
    grid = ModuleGrid(panel.image_size, panel.pixel_size, np.array([[0, 15], [15, 30]]), np.array([[0, 20]]))
    placed = reference[0].detector.with_offsets([ModuleOffsets(grid, np.full((2, 2), 0.05), np.zeros(2))])
    write_experiments(tmp_path / "refined.expt", reference.map(lambda e: e.replace(detector=placed)))
    read = read_experiments(tmp_path / "refined.expt")
    taken = import_images([sweep("a", [1, 2]), sweep("b", [1])], ImportParams(), reference=read).experiments
    assert taken[0].detector is taken[1].detector
    px = np.array([[3.5, 4.5], [20.5, 10.5]])
    np.testing.assert_array_equal(taken[0].detector.pixel_to_mm(0, px), placed.pixel_to_mm(0, px))
    write_experiments(tmp_path / "imported.expt", taken)
    again = read_experiments(tmp_path / "imported.expt")
    assert again[1].images.dx == str(tmp_path / "refined_dx.pickle")
    np.testing.assert_array_equal(again[1].detector.pixel_to_mm(0, px), placed.pixel_to_mm(0, px))


def test_a_reference_of_another_detector_is_refused(tmp_path, pixels, sweep, write_cbf):
    reference = run(str(write_cbf(tmp_path / "small_1.cbf", pixels[:10]))).experiments
    with pytest.raises(InputError, match="1 panel of 30x10 pixels, the images 1 panel of 30x20"):
        import_images([sweep("a", [1])], ImportParams(), reference=reference)


def test_the_report_names_sweeps_sharing_and_warnings(sweep):
    text = describe(run(sweep("a", [1, 2, 4]), sweep("b", [1, 2], Wavelength="1.0 A")).summary)
    assert "5 images (5 miniCBF) in 3 sweeps" in text
    assert "beam: 2 different, of sweeps 0, 1; 2" in text
    assert "goniometer: one for all sweeps" in text
    assert "note: a_####.cbf: a new sweep begins at image 4: image 3 is missing" in text


@pytest.mark.real
def test_the_four_sweeps_of_l_cysteine(shared):
    experiments = run(str(shared / "l_cysteine")).experiments
    assert [e.scan.image_range for e in experiments] == [(1, 15)] * 4
    assert [e.scan.oscillation for e in experiments] == [(-145.0, 0.1)] * 3 + [(0.0, 0.1)]
    shared_by = {kind: [m for _, m in experiments.groups_sharing(kind)] for kind in ("beam", "detector", "goniometer")}
    assert shared_by == {"beam": [[0, 1, 2, 3]], "detector": [[0, 1, 2], [3]], "goniometer": [[0], [1], [2], [3]]}


@pytest.mark.real
def test_six_instruments_at_once(shared):
    result = run(*(str(p) for p in (shared / "image_examples").glob("*.gz")))
    assert len(result.experiments) == 6
    x_rays = [e for e in result.experiments if e.beam.probe == "x-ray"]
    assert len({key_of(e.goniometer) for e in x_rays}) == 3  # alike at zero, but other axes
    (barrel,) = (row for row in result.summary.sweeps if row.n_panels == 24)
    assert (barrel.panel, barrel.n_panels) == (12, 24)
    assert barrel.beam_centre == pytest.approx([1080, 2595 - 2544], abs=0.05)
    assert "of panel 12" in describe(result.summary)
    assert_plain(result.summary)
    assert "in 5 sweeps and 1 still" in describe(result.summary)


def test_stills_are_no_scan(sweep):
    words = sweep("a", [1, 2, 3, 7], Angle_increment="0.0000 deg.")
    result = run(words)
    assert [(e.scan, e.goniometer, e.images.kind) for e in result.experiments] == [(None, None, "ImageSet")] * 4
    assert [open_images(e.images).read(1)[0].shape for e in result.experiments] == [(20, 30)] * 4
    assert len({e.identifier for e in result.experiments}) == 4
    assert len(result.experiments.groups_sharing("detector")) == 1
    assert result.summary.warnings == (
        "a_####.cbf: its images start 0.5 degrees apart, from 12 on, but the header tells that none turns during its "
        "exposure: taken as 4 stills; if each turned on to the next, import with oscillation=12,0.5",
    )
    assert "in 4 stills" in describe(result.summary)


def test_a_width_given_by_hand_makes_stills_a_sweep(sweep):
    (experiment,) = run(sweep("a", [1, 2, 3], Angle_increment="0.0"), oscillation=(0.0, 0.5)).experiments
    assert (experiment.scan.oscillation, experiment.scan.n_images) == ((0.0, 0.5), 3)
    np.testing.assert_array_equal(experiment.goniometer.lab_axis, [1, 0, 0])


def test_electrons_are_told_by_their_wavelength(sweep):
    (experiment,) = run(sweep("a", [1], Wavelength="0.0251 A")).experiments
    (panel,) = experiment.detector.panels
    assert (experiment.beam.probe, experiment.beam.polarization_fraction) == ("electron", 0.5)
    assert (panel.mu, panel.px_mm_strategy) == (0.0, "SimplePxMmStrategy")


@pytest.mark.real
@pytest.mark.interop
@pytest.mark.skipif(shutil.which("dials.import") is None, reason="no dials.import on the PATH")
def test_l_cysteine_as_dials_imports_it(shared, tmp_path):
    import subprocess

    from gnomon.io.expt import read_experiments

    images = sorted(map(str, (shared / "l_cysteine").resolve().glob("*.cbf.gz")))
    subprocess.run(["dials.import", *images], cwd=tmp_path, check=True, capture_output=True)
    theirs = read_experiments(tmp_path / "imported.expt")
    ours = run(*images).experiments
    assert len(ours) == len(theirs) == 4
    for a, b in zip(ours, theirs):
        np.testing.assert_allclose(a.detector.frames, b.detector.frames, atol=1e-6)
        np.testing.assert_allclose(a.beam.s0, b.beam.s0, atol=1e-6)
        for name in ("rotation_axis", "fixed_rotation", "setting_rotation"):
            np.testing.assert_allclose(getattr(a.goniometer, name), getattr(b.goniometer, name), atol=1e-6)
        px = np.random.default_rng(1).uniform(0, 1475, (50, 2))
        np.testing.assert_allclose(a.detector.pixel_to_mm(0, px), b.detector.pixel_to_mm(0, px), atol=1e-6)
        np.testing.assert_allclose(a.scan.epochs, b.scan.epochs, atol=1e-3)
        assert a.scan.oscillation == b.scan.oscillation
        assert a.images.template == b.images.template


def test_a_pedestal_that_is_given_is_every_panels(sweep):
    result = run(sweep("a", [1, 2]), pedestal=40.0)
    assert [panel.pedestal for panel in result.experiments[0].detector.panels] == [40.0]
