"""DIALS reads what we write: models, tables with shoeboxes, and its own next step on them."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest

from gnomon.cli.main import main
from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.refl import read_reflections, write_reflections
from gnomon.models.experiment import Experiments
from gnomon.models.fewer_columns import fewer_columns

DATA = Path(os.environ["GNOMON_SHARED_DATA"]) / "dials_files"

pytestmark = [
    pytest.mark.real,
    pytest.mark.interop,
    pytest.mark.skipif(not DATA.exists(), reason="no shared data (GNOMON_SHARED_DATA)"),
    pytest.mark.skipif(shutil.which("dials.show") is None, reason="no DIALS on the PATH"),
]


def rewritten(folder: Path, experiments: Path, reflections: Path) -> list[str]:
    """Both files read and written again by gnomon, with a line of history."""
    read = read_experiments(experiments)
    write_experiments(folder / "a.expt", Experiments.of(read, ["2026-11-22T12:00:00+00:00|gnomon.test|0.1"]))
    write_reflections(folder / "a.refl", read_reflections(reflections), shoeboxes=True)
    return ["a.expt", "a.refl"]


def run(folder: Path, *words: str) -> str:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def test_dials_shows_the_same_of_ours_as_of_its_own(tmp_path: Path) -> None:
    for stem in ("quartz_processed/scaled", "centroid_test_data/indexed"):
        own = [str((DATA / f"{stem}.{kind}").absolute()) for kind in ("expt", "refl")]
        ours = rewritten(tmp_path, Path(own[0]), Path(own[1]))
        shown = [run(tmp_path, "dials.show", *files).partition("Experiment 0:")[2] for files in (own, ours)]
        assert len(shown[0]) > 1000
        lines = [
            [line for line in text.splitlines() if not line.startswith("Image template")] for text in shown
        ]  # relative paths become absolute
        assert lines[0] == lines[1]


def test_dials_exports_what_we_wrote(tmp_path: Path) -> None:
    files = rewritten(tmp_path, DATA / "quartz_processed/integrated.expt", DATA / "quartz_processed/integrated.refl")
    text = run(tmp_path, "dials.export", *files, "mtz.hklout=a.mtz")
    assert "integrated reflections to a.mtz" in text


@pytest.mark.parametrize("choice", [pytest.param("scaling", marks=pytest.mark.slow), "merging"])
def test_smaller_files_give_the_same_merged_data_and_mtz(tmp_path: Path, choice: str) -> None:
    """The columns left out are none that dials.merge or dials.export ask for."""
    expt, refl = (DATA / f"quartz_processed/scaled.{kind}" for kind in ("expt", "refl"))
    table, told = fewer_columns(read_reflections(refl), choice)
    assert "left out" in told
    write_reflections(tmp_path / "small.refl", table)
    assert (tmp_path / "small.refl").stat().st_size < 0.6 * refl.stat().st_size
    files = {}
    for name, path in (("whole", refl), ("small", tmp_path / "small.refl")):
        run(tmp_path, "dials.export", str(expt), str(path), f"mtz.hklout={name}.mtz")
        files[name] = gemmi.read_mtz_file(str(tmp_path / f"{name}.mtz"))
    assert files["small"].nreflections == files["whole"].nreflections > 1000
    for label in ("H", "M/ISYM", "BATCH", "I", "SIGI", "ROT", "LP", "QE"):
        np.testing.assert_array_equal(
            *(np.array(file.column_with_label(label)) for file in files.values()), err_msg=label
        )


def test_dials_reads_shoeboxes_that_came_in_the_newer_layout(tmp_path: Path) -> None:
    before = read_reflections(DATA / "centroid_test_data/indexed.refl")
    boxes = before["shoebox"]
    newer = replace(boxes, file_flag=np.where(np.diff(boxes.offsets) > 0, 2, 0).astype(np.uint8))
    write_reflections(tmp_path / "a.refl", before.with_columns({"shoebox": newer}), shoeboxes=True)
    shown = run(tmp_path, "dials.show", "a.refl")
    assert f"Reflection list contains {len(before)} reflections" in shown
    assert "shoebox" in shown


def test_refine_keeps_the_pixels_that_dials_integrate_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """dials.integrate models its profiles on the shoeboxes of refined spots."""
    monkeypatch.chdir(tmp_path)
    main(["refine", *(str(DATA / f"centroid_test_data/indexed.{kind}") for kind in ("expt", "refl")), "nproc=1"])
    before = read_reflections(DATA / "centroid_test_data/indexed.refl")["shoebox"]
    after = read_reflections(tmp_path / "refined.refl")["shoebox"]
    assert len(after.data) == len(before.data) > 10_000
    np.testing.assert_array_equal(after.mask, before.mask)
