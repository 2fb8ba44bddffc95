"""The how-to page on commands beside the chain: its lines, typed as they stand on the page."""

import gemmi
import numpy as np
import pytest
from typed import DOCS, typed

from gnomon import find_spots, index, integrate, read_experiments, refine, scale, symmetry
from gnomon.io.expt import write_experiments
from gnomon.io.refl import write_reflections
from gnomon.models.experiment import Experiments
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.example import EXAMPLE
from gnomon.simulate.instrument import Instrument

PAGE = DOCS / "how-to" / "beside-the-chain.md"
PARAMS = EXAMPLE.changed(images=20)
CHAIN = {"indexed": index, "refined": refine, "integrated": integrate, "symmetrized": symmetry, "scaled": scale}


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
    return folder, {line: done.stdout for line, done in typed(PAGE, folder, timeout=300).items()}


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
