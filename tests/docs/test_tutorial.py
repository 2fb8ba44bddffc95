"""The commands of the tutorials, typed as they stand on their pages."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import gemmi
import pytest
from typed import DOCS, Done, run_in_turn


@pytest.fixture(scope="module")
def first(tmp_path_factory) -> tuple[Path, Done]:
    """A folder in which every command of the first tutorial was typed, and what each printed."""
    folder = tmp_path_factory.mktemp("tutorial")
    return folder, run_in_turn(DOCS / "tutorial" / "first-data-set.md", folder)


def test_every_command_works(first):
    _, done = first
    assert len(done) >= 13


def test_the_mtz_is_right(first):
    folder, _ = first
    mtz = gemmi.read_mtz_file(str(folder / "merged.mtz"))
    assert mtz.spacegroup.hm in ("P 43 21 2", "P 41 21 2")
    assert mtz.cell.a == pytest.approx(79.0, rel=1e-3)
    assert mtz.cell.c == pytest.approx(38.0, rel=1e-3)
    assert {"IMEAN", "SIGIMEAN", "F", "SIGF", "FreeR_flag"} <= set(mtz.column_labels())


def test_what_was_printed_is_in_the_log(first):
    folder, done = first
    printed = next(d.stdout for line, d in done.items() if line.startswith("gnomon index"))
    log = re.sub(r"(?m)^\d\d:\d\d:\d\d (index took .*\n)?", "", (folder / "gnomon.index.log").read_text())
    assert printed.strip() in log


def test_the_python_of_the_readme_runs(first):
    folder, _ = first
    code = re.findall(r"^```python\n(.*?)^```", (DOCS.parent / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert code
    for block in code:
        assert "images/*.cbf.gz" in block
        check = (
            block.replace("*.cbf.gz", "sim_00[0-2]?.cbf.gz")
            + "\nassert indexed.summary.n_crystals == 1\nassert scaled.summary.overall.r_meas < 0.1\n"
        )
        done = subprocess.run([sys.executable, "-c", check], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_generated_reference_pages_are_up_to_date():
    page = DOCS / "reference" / "generate.py"
    done = subprocess.run([sys.executable, str(page), "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
