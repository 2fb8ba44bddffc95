"""The how-to page on commands beside the chain: its lines, typed as they stand on the page."""

import json
import re

import gemmi
import h5py
import numpy as np
import pytest
from PIL import Image
from typed import DOCS, run_in_turn

from gnomon import find_spots, index, integrate, read_experiments, read_reflections, refine, scale, symmetry
from gnomon.io.expt import write_experiments
from gnomon.io.images.offsets import read_offsets
from gnomon.io.refl import write_reflections
from gnomon.models.experiment import Experiments
from gnomon.models.goniometer import MultiAxisGoniometer
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.example import EXAMPLE
from gnomon.simulate.instrument import Instrument

PAGE = DOCS / "how-to" / "beside-the-chain.md"
PARAMS = EXAMPLE.changed(images=20, absorption=0.0, decay_b=0.0, d_min=2.3)
"""So narrow a sweep does not tell absorption, which scatter of equivalents would then show (a = 1.12)."""
CHAIN = {"indexed": index, "refined": refine, "integrated": integrate, "symmetrized": symmetry, "scaled": scale}


def experiments_on_kappa(experiments: Experiments) -> Experiments:
    """The same crystal, mounted on a kappa goniometer whose axes stand at zero."""
    slanted = (np.cos(np.deg2rad(50.0)), np.sin(np.deg2rad(50.0)), 0.0)
    axes = np.array([(1.0, 0.0, 0.0), slanted, (1.0, 0.0, 0.0)])
    goniometer = MultiAxisGoniometer(axes, np.zeros(3), ("phi", "kappa", "omega"), 2)
    return experiments.map(lambda e: e.replace(goniometer=goniometer))


@pytest.fixture(scope="module")
def page_typed(tmp_path_factory):
    """A folder with the files of each step of the chain in which all was typed; and what each line printed."""
    folder = tmp_path_factory.mktemp("beside")
    simulate_dataset(PARAMS, folder)
    imported = read_experiments(folder / "truth.expt").map(lambda e: e.replace(crystal=None, profile=None))
    result = find_spots(imported, shoeboxes=True)
    write_experiments(folder / "imported.expt", imported)
    write_reflections(folder / "strong.refl", result.reflections, shoeboxes=True)
    for stem, step in CHAIN.items():
        result = step(result.experiments, result.reflections)
        write_experiments(folder / f"{stem}.expt", result.experiments)
        write_reflections(folder / f"{stem}.refl", result.reflections, shoeboxes=stem in ("indexed", "refined"))
    write_experiments(folder / "kappa.expt", experiments_on_kappa(result.experiments))
    (folder / "dose.yml").write_text(re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[0])
    with h5py.File(folder / "meta.h5", "w") as file:
        file["entry/dose"] = np.arange(PARAMS.images) // 3
    write_experiments(folder / "symmetrized_scaled.expt", result.experiments)
    write_reflections(folder / "symmetrized_scaled.refl", result.reflections)
    return folder, {line: done.stdout for line, done in run_in_turn(PAGE, folder).items()}


def said(page_typed, start: str) -> str:
    """What the first line printed that begins so."""
    return next(text for line, text in page_typed[1].items() if line.startswith(f"gnomon {start}"))


def centre(experiments: Experiments) -> np.ndarray:
    e = experiments[0]
    return e.detector.mm_to_pixel(0, e.detector.intersect(0, e.beam.s0[None]))[0]


def test_the_beam_centre_is_found(page_typed):
    folder, _ = page_typed
    assert np.abs(centre(read_experiments(folder / "optimised.expt")) - Instrument.of(PARAMS).beam_centre).max() < 3
    assert "New beam centre: " in said(page_typed, "search_beam_position")


def test_the_cell_is_told_with_its_uncertainty(page_typed):
    folder, _ = page_typed
    block = gemmi.cif.read(str(folder / "cell.cif")).sole_block()
    assert float(block.find_value("_cell_length_a").partition("(")[0]) == pytest.approx(79.0, rel=2e-4)
    assert "CELLSD" in (folder / "scaled.p4p").read_text()
    (crystal,) = read_experiments(folder / "refined_cell.expt").models("crystal")
    assert crystal.recalculated_unit_cell[2] == pytest.approx(38.0, rel=2e-4)


def test_indices_and_symmetry_are_right(page_typed):
    assert "the indices agree best as they are" in said(page_typed, "check_indexing_symmetry integrated")
    assert "Derived point group from symmetry operations: P 4" in said(page_typed, "check_indexing_symmetry scaled")


def test_models_along_the_scan_are_shown(page_typed):
    folder, _ = page_typed
    assert "turns from the mean orientation" in (folder / "gnomon.plot_scan_varying_model.html").read_text()
    assert "Experiment 0" in said(page_typed, "plot_scan_varying_model")


def test_geometry_is_modified(page_typed):
    folder, _ = page_typed
    experiments = read_experiments(folder / "modified.expt")
    assert centre(experiments) == pytest.approx([244.8, 307.8])
    assert abs(experiments[0].detector.frames[0, 2, 2]) == pytest.approx(110.2)


def test_the_rotation_axis_is_found(page_typed):
    text = said(page_typed, "find_rotation_axis")
    assert abs(float(text.partition("azimuth ")[2].split()[0])) < 0.5


def test_statistics_are_told_and_compared(page_typed):
    assert "Merging statistics (Table 1)" in said(page_typed, "merging_statistics")
    rows = said(page_typed, "compare_merging_stats").partition("Overall\n")[2].splitlines()
    assert rows[2].split()[1:] == rows[3].split()[1:]


def test_no_image_is_blank(page_typed):
    folder, _ = page_typed
    assert "Potential blank images" not in said(page_typed, "detect_blanks imported")
    assert json.loads((folder / "blanks.json").read_text())["integrated"]["blank_regions"] == []


def test_photons_that_are_counted_have_their_sigmas(page_typed):
    folder, _ = page_typed
    assert json.loads((folder / "error_model.json").read_text())["a"] == pytest.approx(1.0, abs=0.08)


def test_predictions_and_profile_models_are_those_of_integrate(page_typed):
    folder, _ = page_typed
    predicted, static = (read_reflections(folder / name) for name in ("predicted.refl", "static.refl"))
    assert len(predicted) == len(static) > 1000
    measured, integrated = (read_experiments(folder / f"{n}.expt")[0] for n in ("models_with_profiles", "integrated"))
    assert measured.profile.sigma_b == pytest.approx(integrated.profile.sigma_b)
    assert measured.profile.sigma_m == pytest.approx(integrated.profile.sigma_m)


def test_the_gain_is_one(page_typed):
    folder, _ = page_typed
    text = said(page_typed, "estimate_gain")
    assert float(text.partition("Estimated gain: ")[2].split()[0]) == pytest.approx(1.0, abs=0.08)
    (panel,) = np.load(folder / "gain.npz").values()
    assert panel.shape == PARAMS.image_size[::-1]


def test_what_is_missing_is_told(page_typed):
    text = said(page_typed, "missing_reflections")
    assert 0.2 < float(text.partition("Completeness in resolution range: ")[2].split()[0]) < 0.9


def test_directions_are_projected(page_typed):
    """Seen along c*, a* and b* are on the rim, to the right and up."""
    folder, _ = page_typed
    (first, *_) = json.loads((folder / "stereogram.json").read_text())["data"]
    assert len(first["x"]) == 3  # c*, a*, b*
    rows = [line.split() for line in (folder / "projections.txt").read_text().splitlines()]
    places = {tuple(map(int, row[1:4])): tuple(map(float, row[4:])) for row in rows[1:]}
    assert places[0, 0, 1] == pytest.approx((0, 0), abs=1e-6)
    assert places[1, 0, 0] == pytest.approx((1, 0), abs=1e-6)
    assert places[0, 1, 0] == pytest.approx((0, 1), abs=1e-6)
    assert (folder / "crystal.png").read_bytes().startswith(b"\x89PNG")


def test_a_distortion_is_written_that_import_reads(page_typed):
    """Of the panel of 83.8 mm: seen along the second axis spots are taken in by 4.4 % of their distance."""
    folder, _ = page_typed
    (table,) = read_offsets(str(folder / "dx.pickle"), str(folder / "dy.pickle"))
    assert table.dx.shape == PARAMS.image_size[::-1]
    middle = np.array([33.2, 33.2]) / 0.172
    along = np.array([np.sin(np.deg2rad(-21)), np.cos(np.deg2rad(-21))])  # the second axis, slow down
    off = table.at((middle + 150 * along)[None])[0]
    np.testing.assert_allclose(off, 0.044 * 150 * along, atol=0.06)


def test_reciprocal_space_is_mapped(page_typed):
    folder, _ = page_typed
    read = gemmi.read_ccp4_map(str(folder / "rs_mapper_output.mrc"))
    assert np.asarray(read.grid).shape == (100, 100, 100)
    assert np.asarray(read.grid).max() > 500


def test_pictures_are_written(page_typed):
    folder, _ = page_typed
    with Image.open(folder / "image0002.png") as half, Image.open(folder / "strong.png") as strong:
        assert half.size == (PARAMS.image_size[0] // 2, PARAMS.image_size[1] // 2)
        assert 100 < (np.asarray(strong)[..., 0] == 0).sum() < 20_000


def test_cells_are_counted(page_typed):
    folder, _ = page_typed
    found = json.loads((folder / "cells.json").read_text())
    assert len(found["crystals"]) == 2
    assert [one["cluster"] for one in found["crystals"]] == [0, 0]
    assert found["histograms"]["c"]["quartiles"][2] == pytest.approx(38.0, rel=1e-3)


def test_crystals_are_compared(page_typed):
    text = said(page_typed, "compare_orientation_matrices indexed")
    assert float(text.partition("Rotation of ")[2].split()[0]) < 0.05


def test_images_of_a_scan_are_stills(page_typed):
    folder, _ = page_typed
    stills, spots = read_experiments(folder / "stills.expt"), read_reflections(folder / "stills.refl")
    assert len(stills) == 5
    assert all(e.is_still for e in stills)
    assert np.bincount(spots["id"]).min() > 100


def test_experiments_have_names(page_typed):
    folder, _ = page_typed
    assert [e.identifier for e in read_experiments(folder / "two.expt")] == ["fine", "raw"]
    assert read_reflections(folder / "assigned.refl").identifiers == {0: "fine", 1: "raw"}


def test_stills_go_in_groups(page_typed):
    folder, _ = page_typed
    assert [len(read_experiments(folder / f"group_{i}.expt")) for i in range(2)] == [3, 2]
    assert [len(read_experiments(folder / f"dose_group_{i}.expt")) for i in range(2)] == [3, 2]


def test_anvils_let_less_through_than_was_there(page_typed):
    folder, _ = page_typed
    corrected, integrated = (read_reflections(folder / f"{name}.refl") for name in ("corrected", "integrated"))
    some = integrated["intensity.sum.value"] > 0
    assert (corrected["intensity.sum.value"][some] / integrated["intensity.sum.value"][some]).min() > 2.0


def test_settings_of_a_kappa_goniometer_are_told(page_typed):
    folder, _ = page_typed
    assert len(json.loads((folder / "align_crystal.json").read_text())["solutions"]) >= 2
    assert "primary" in said(page_typed, "align_crystal")


def test_further_scans_are_recommended(page_typed):
    text = said(page_typed, "complete_full_sphere kappa.expt resolution=2.8")
    assert "% of the sphere to 2.80 Å recorded by the scans given" in text
    assert "Further scans about omega" in text
