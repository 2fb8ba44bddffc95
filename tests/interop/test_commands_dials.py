"""Commands beside the chain and their namesakes of DIALS on the same files."""

import json
import re

import gemmi
import numpy as np
import pytest
from PIL import Image

from gnomon import (
    align_crystal,
    anvil_correction,
    check_indexing_symmetry,
    compare_orientation_matrices,
    detect_blanks,
    export_bitmaps,
    missing_reflections,
    predict,
    read_experiments,
    read_reflections,
    refine,
    rs_mapper,
    search_beam_position,
    sequence_to_stills,
    slice_sequence,
    stereographic_projection,
    two_theta_refine,
    unit_cell_histogram,
    write_reflections,
)
from gnomon.io.expt import write_experiments
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.goniometer import MultiAxisGoniometer, rotation_about
from gnomon.simulate.example import EXAMPLE
from gnomon.simulate.instrument import Instrument

pytestmark = pytest.mark.interop


def centre(experiments):
    e = experiments[0]
    return e.detector.mm_to_pixel(0, e.detector.intersect(0, e.beam.s0[None]))[0]


def test_the_same_reflections_are_predicted_at_the_same_places(chain, dials, tmp_path):
    """DIALS goes on some way beyond d_min, and keeps what parallax moves just off the panel: its others."""
    expt, _ = chain.files("refined")
    dials(tmp_path, "dials.predict", expt, "d_min=2.2")
    experiments, theirs = read_experiments(expt), read_reflections(tmp_path / "predicted.refl")
    ours = predict(experiments, d_min=2.2).reflections
    d = 1 / np.linalg.norm(theirs["miller_index"] @ experiments[0].crystal.A.T, axis=1)
    xy = theirs["xyzcal.px"][:, :2]
    parallax = 0.1  # px, by which the two differ at most: docs/decisions/2026-11-22-parallax.md
    within = (xy > parallax) & (xy < experiments[0].detector.image_sizes[0] - parallax)
    meant = (d >= 2.2) & within.all(axis=1)
    rows = [{(*h, e): row for row, (h, e) in enumerate(zip(t["miller_index"].tolist(), t["entering"].tolist()))}
            for t in (ours, theirs)]  # fmt: skip
    wanted = {key for key, row in rows[1].items() if meant[row]}
    assert len(wanted) > 1000
    assert wanted <= rows[0].keys() <= rows[1].keys()
    assert len(rows[0].keys() - wanted) < 10  # on the very edge
    i, j = ([of[key] for key in sorted(rows[0])] for of in rows)
    off = np.abs(ours["xyzcal.px"][i] - theirs["xyzcal.px"][j])
    assert off[:, :2].max() < parallax
    assert off[:, 2].max() < 1e-6


def test_the_same_regions_are_missing(chain, dials, tmp_path):
    said = dials(tmp_path, "dials.missing_reflections", *chain.files("scaled"))
    theirs = [int(n) for n in re.findall(r"^\|\s+(\d+) \|", said, flags=re.MULTILINE)]
    ours = missing_reflections(*chain.results["scaled"]).summary
    assert [r.n for r in ours.regions if r.n > 1] == theirs  # which leaves out single ones
    completeness = float(said.partition("Completeness in resolution range: ")[2].split()[0])
    assert ours.completeness == pytest.approx(completeness, abs=1e-5)


def test_spots_are_known_after_integration_as_by_dials(chain, dials, tmp_path):
    dials(tmp_path, "dials.integrate", *chain.files("refined"), "nproc=1")
    found = [read_reflections(tmp_path / "integrated.refl"), chain.results["integrated"].reflections]
    rows = [{(*h, e): i for i, (h, e) in enumerate(zip(t["miller_index"].tolist(), t["entering"].tolist()))}
            for t in found]  # fmt: skip
    both = sorted(rows[0].keys() & rows[1].keys())
    assert len(both) > 5000
    theirs, ours = (t.select([of[key] for key in both]) for t, of in zip(found, rows))
    for flag in (Flag.INDEXED, Flag.STRONG, Flag.USED_IN_REFINEMENT):
        assert 1000 < theirs.has(flag).sum() < len(both)
        np.testing.assert_array_equal(ours.has(flag), theirs.has(flag))


def test_cells_of_bragg_angles_agree(chain, dials, tmp_path):
    dials(tmp_path, "dials.two_theta_refine", *chain.files("integrated"))
    content = json.loads((tmp_path / "refined_cell.expt").read_text())["crystal"][0]
    (ours,) = two_theta_refine(*chain.results["integrated"]).summary.cells
    assert ours.cell[:3] == pytest.approx(content["recalculated_unit_cell"][:3], rel=5e-5)
    ratio = np.array(ours.cell_sd[:3]) / content["recalculated_cell_parameter_sd"][:3]
    assert (ratio > 0.3).all()
    assert (ratio < 1.2).all()  # ours weighs centroids by their variances


@pytest.mark.slow
def test_a_beam_centre_is_found_that_is_nearer_to_the_truth(chain, dials, tmp_path):
    truth = np.array(Instrument.of(EXAMPLE).beam_centre)
    right = read_experiments(chain.folder / "imported.expt")
    shift = right[0].detector.frames[0][:, :2] @ [1.7, -1.2]  # 10 and 7 px
    off = right.map(lambda e: e.replace(detector=e.detector.moved(np.eye(3), shift)))
    write_experiments(tmp_path / "off.expt", off)
    strong = str(chain.folder / "strong.refl")
    dials(tmp_path, "dials.search_beam_position", "off.expt", strong, "nproc=1")
    theirs = np.abs(centre(read_experiments(tmp_path / "optimised.expt")) - truth).max()
    ours = np.abs(centre(search_beam_position(off, read_reflections(strong)).experiments) - truth).max()
    assert ours < 1.0
    assert ours < theirs + 0.2


def test_the_same_images_are_blank(chain, dials, tmp_path):
    integrated = chain.results["integrated"].reflections
    z = integrated["xyzobs.px.value"][:, 2]
    table = integrated.select((z < 8) | (z > 14))
    write_reflections(tmp_path / "blank.refl", table)
    dials(tmp_path, "dials.detect_blanks", chain.files("integrated")[0], "blank.refl")
    theirs = json.loads((tmp_path / "blanks.json").read_text())["strong"]["blank_regions"]
    ours = detect_blanks(chain.results["integrated"].experiments, table).summary.experiments[0].kinds[0]
    assert [[first - 1, last] for first, last in ours.blank_images] == theirs == [[8, 14]]


def test_shifted_indices_are_seen_by_both(chain, dials, tmp_path):
    table = chain.results["integrated"].reflections
    shifted = table.with_columns({"miller_index": table["miller_index"] + np.array([0, 1, 0], np.int32)})
    write_reflections(tmp_path / "shifted.refl", shifted)
    said = dials(tmp_path, "dials.check_indexing_symmetry", chain.files("integrated")[0], "shifted.refl", "grid=1")
    rows = re.findall(r"^\s*(-?\d) +(-?\d) +(-?\d) +\d+ +(-?[\d.]+)", said, flags=re.MULTILINE)
    theirs = max(rows, key=lambda row: float(row[3]))
    ours = check_indexing_symmetry(chain.results["integrated"].experiments, shifted, grid=1).summary
    assert ours.best_shift == tuple(map(int, theirs[:3])) == (0, -1, 0)
    cc = next(s.cc for s in ours.shifts if s.shift == ours.best_shift)
    assert cc > float(theirs[3]) - 0.01


@pytest.mark.parametrize("words", [("phi_angle=30",), ("frame=crystal", "plane_normal=1,2,3")])
def test_directions_are_projected_alike(chain, dials, tmp_path, words):
    """Up to a turn about the middle, which nothing defines; from the other side."""
    experiments = chain.results["scaled"].experiments
    dials(tmp_path, "dials.stereographic_projection", chain.files("scaled")[0], "hkl=1,0,2", *words)
    rows = np.loadtxt(tmp_path / "projections.txt", skiprows=1)
    wanted = {"phi_angle": 30.0} if len(words) == 1 else {"frame": "crystal", "plane_normal": (1, 2, 3)}
    (ours,) = stereographic_projection(experiments, hkl=[(1, 0, 2)], **wanted).summary.crystals
    assert len(rows) == len(ours.x) == 4
    radii = [np.sort(np.hypot(x, y)) for x, y in ((ours.x, ours.y), rows[:, 4:].T)]
    np.testing.assert_allclose(*radii, atol=1e-5)


def test_the_map_of_reciprocal_space_is_theirs(chain, dials, tmp_path):
    """The points that are seen are those of ours, along the same axes; which of two neighbours a pixel is nearer to
    is not always the same."""
    words = ["map_file=theirs.mrc", "grid_size=96", "max_resolution=4", "nproc=1"]
    dials(tmp_path, "dials.rs_mapper", str(chain.folder / "imported.expt"), *words)
    read = gemmi.read_ccp4_map(str(tmp_path / "theirs.mrc"))
    read.setup(0.0, gemmi.MapSetup.ReorderOnly)
    theirs = np.array(read.grid)[:96, :96, :96]
    ours = rs_mapper(read_experiments(chain.folder / "imported.expt"), grid_size=96, max_resolution=4.0).product
    both = (ours > 0) & (theirs > 0)
    assert both.sum() > 0.95 * max((ours > 0).sum(), (theirs > 0).sum())
    assert np.corrcoef(np.log(ours[both]), np.log(theirs[both]))[0, 1] > 0.85


@pytest.mark.parametrize(
    ("words", "params"),
    [
        ((), {}),
        (("binning=2", "brightness=60", "colour_scheme=inverse_greyscale"),
         {"binning": 2, "brightness": 60.0, "colour_scheme": "inverse_greyscale"}),
        (("saturation=20",), {"saturation": 20.0}),
        (("display=threshold",), {"display": "threshold"}),
    ],
)  # fmt: skip
def test_pictures_are_the_same_to_the_pixel(chain, dials, tmp_path, words, params):
    """Of thresholds both show which pixels are strong, in shades of their own."""
    experiments = read_experiments(chain.folder / "imported.expt")
    one = slice_sequence(experiments, image_range=[(3, 3)]).experiments
    write_experiments(tmp_path / "one.expt", one)
    dials(tmp_path, "dials.export_bitmaps", "one.expt", *words)
    with Image.open(tmp_path / "image0003.png") as opened:
        theirs = np.asarray(opened)
    (ours,) = export_bitmaps(one, **params).product
    if params.get("display"):
        ours, theirs = ours < 255, theirs < 255
    np.testing.assert_array_equal(ours, theirs)


def test_cells_have_the_same_quartiles_and_outliers(chain, dials, tmp_path):
    """Of 21 crystals, so that nobody need choose between definitions of a quartile."""
    rng, (e, *_) = np.random.default_rng(4), chain.results["indexed"].experiments
    scales = 1 + 0.002 * rng.normal(size=(21, 3))
    scales[[3, 11], 0] += 0.02
    triclinic = [Crystal(e.crystal.A @ np.diag(1 / s), " P 1") for s in scales]
    many = Experiments.of(e.replace(crystal=c, identifier=f"crystal {i}") for i, c in enumerate(triclinic))
    write_experiments(tmp_path / "many.expt", many)
    said = dials(tmp_path, "dials.unit_cell_histogram", "many.expt")
    theirs = np.array(re.findall(r"([\d.]+), q1 ([\d.]+), med ([\d.]+), q3 ([\d.]+), max ([\d.]+)", said), float)
    summary = unit_cell_histogram(many).summary
    np.testing.assert_allclose([one.quartiles for one in summary.spreads], theirs, atol=0.0051)
    assert f"Identified {len(summary.outliers)} unit cell outliers" in said
    assert len(summary.outliers) >= 2


def test_the_rotation_between_crystals_is_theirs(chain, dials, tmp_path):
    """Of a crystal and itself, turned by a planted angle and indexed with a and b exchanged."""
    e = chain.results["scaled"].experiments[0]
    axis, quarter = np.array([0.36, 0.48, 0.8]), np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]])
    other = Crystal(rotation_about(axis, np.deg2rad(7.3)) @ e.crystal.A @ quarter, e.crystal.hall_symbol)
    two = Experiments.of([e.replace(identifier="one"), e.replace(identifier="other", crystal=other)])
    write_experiments(tmp_path / "two.expt", two)
    said = dials(tmp_path, "dials.compare_orientation_matrices", "two.expt")
    (pair,) = compare_orientation_matrices(two).summary.pairs
    assert f"Change of basis op: {pair.change_of_basis}" in said
    angle, *theirs = re.search(r"Rotation of ([\d.]+) degrees about axis \((.*), (.*), (.*)\)", said).groups()
    assert pair.angle == pytest.approx(float(angle), abs=2e-3)
    np.testing.assert_allclose(pair.axis, np.array(theirs, float), atol=2e-3)


def test_stills_of_a_scan_are_the_same(chain, dials, tmp_path):
    varying = refine(chain.results["indexed"].experiments, chain.results["indexed"].reflections, scan_varying=True)
    write_experiments(tmp_path / "varying.expt", varying.experiments)
    write_reflections(tmp_path / "varying.refl", varying.reflections, shoeboxes=True)
    dials(tmp_path, "dials.sequence_to_stills", "varying.expt", "varying.refl", "max_scan_points=3")
    theirs, stills = read_reflections(tmp_path / "stills.refl"), read_experiments(tmp_path / "stills.expt")
    ours = sequence_to_stills(varying.experiments, varying.reflections, max_scan_points=3)
    for name in ("id", "miller_index", "bbox", "intensity.sum.value", "intensity.sum.variance", "flags"):
        np.testing.assert_array_equal(ours.reflections[name], theirs[name], err_msg=name)
    for name in ("s1", "delpsical.rad", "xyzcal.mm", "xyzobs.px.value"):
        np.testing.assert_allclose(ours.reflections[name], theirs[name], atol=1e-8, err_msg=name)
    for one, other in zip(ours.experiments, stills, strict=True):
        np.testing.assert_allclose(one.crystal.A, other.crystal.A, atol=1e-9)
        assert one.images.paths == other.images.paths


def test_ways_through_anvils_are_the_same(chain, dials, tmp_path):
    """DIALS turns the anvils by the observed angle, and takes straight lines between the energies of the table."""
    result = chain.results["integrated"]
    table = result.reflections.with_columns({"xyzobs.mm.value": result.reflections["xyzcal.mm"]})
    write_reflections(tmp_path / "table.refl", table)
    given = {"normal": (0.1, 0.2, 1.0), "thickness": 0.8}
    words = ("normal=0.1,0.2,1.0", "thickness=0.8")
    dials(tmp_path, "dials.anvil_correction", chain.files("integrated")[0], "table.refl", *words)
    theirs = read_reflections(tmp_path / "corrected.refl")
    ours = anvil_correction(result.experiments, table, **given).reflections
    some = (table["intensity.prf.value"] != 0) & table.has(Flag.INTEGRATED_PRF)
    for name, power in (("intensity.prf.value", 1), ("intensity.prf.variance", 2)):
        exponents = [np.log(one[name][some] / table[name][some]) / power for one in (theirs, ours)]
        ratio = exponents[0] / exponents[1]
        assert np.ptp(ratio) < 1e-9
        assert ratio[0] == pytest.approx(1.026, abs=5e-4)


@pytest.mark.parametrize("mode", ["main", "cusp"])
def test_a_crystal_is_aligned_by_the_same_angles(chain, dials, tmp_path, mode):
    axes = np.array([(1.0, 0.0, 0.0), (0.6427876, 0.7660444, 0.0), (1.0, 0.0, 0.0)])
    goniometer = MultiAxisGoniometer(axes, np.array([30.0, -60.0, 10.0]), ("phi", "kappa", "omega"), 2)
    experiments = chain.results["integrated"].experiments.map(lambda e: e.replace(goniometer=goniometer))
    write_experiments(tmp_path / "kappa.expt", experiments)
    dials(tmp_path, "dials.align_crystal", "kappa.expt", f"mode={mode}")
    found = json.loads((tmp_path / "align_crystal.json").read_text())["solutions"]
    theirs = sorted({(round(one["kappa"], 1), round(one["phi"], 1)) for one in found})
    ours = sorted((s.angles[1], s.angles[0]) for s in align_crystal(experiments, mode=mode).summary.settings)
    assert np.array(ours) == pytest.approx(np.array(theirs), abs=0.06)
