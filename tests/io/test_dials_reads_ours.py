"""DIALS reads what we write: models, tables with shoeboxes, and its own next step on them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.refl import read_reflections, write_reflections
from gnomon.models.experiment import Experiments

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
