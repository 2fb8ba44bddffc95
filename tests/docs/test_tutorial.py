"""The tutorial's commands, typed as they stand on the page."""

import os
import re
import subprocess
import sys
from pathlib import Path

import gemmi
import pytest

PAGES = Path(__file__).parents[2] / "docs"


def commands_of(page: Path) -> list[str]:
    """The lines of the page's sh blocks."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def typed(tmp_path_factory) -> tuple[Path, dict[str, subprocess.CompletedProcess]]:
    """A folder in which every command of the tutorial was typed, and what each printed."""
    folder = tmp_path_factory.mktemp("tutorial")
    binary = folder / "bin"
    binary.mkdir()
    (binary / "gnomon").write_text(f'#!/bin/sh\nexec {sys.executable} -m gnomon "$@"\n')
    (binary / "gnomon").chmod(0o755)
    env = {**os.environ, "PATH": f"{binary}:{os.environ['PATH']}"}
    done = {}
    for line in commands_of(PAGES / "tutorial" / "first-data-set.md"):
        done[line] = subprocess.run(
            ["sh", "-c", line], cwd=folder, env=env, capture_output=True, text=True, timeout=300
        )
        assert done[line].returncode == 0, f"{line}\n{done[line].stdout}\n{done[line].stderr}"
    return folder, done


def test_every_command_works(typed):
    _, done = typed
    assert len(done) >= 13


def test_the_mtz_is_right(typed):
    folder, _ = typed
    mtz = gemmi.read_mtz_file(str(folder / "merged.mtz"))
    assert mtz.spacegroup.hm in ("P 43 21 2", "P 41 21 2")
    assert mtz.cell.a == pytest.approx(79.0, rel=1e-3)
    assert mtz.cell.c == pytest.approx(38.0, rel=1e-3)
    assert {"IMEAN", "SIGIMEAN", "F", "SIGF", "FreeR_flag"} <= set(mtz.column_labels())


def test_what_was_printed_is_in_the_log(typed):
    folder, done = typed
    printed = next(d.stdout for line, d in done.items() if line.startswith("gnomon index"))
    assert printed.strip() in (folder / "gnomon.index.log").read_text()


def test_the_python_of_the_readme_runs(typed):
    folder, _ = typed
    code = re.findall(r"^```python\n(.*?)^```", (PAGES.parent / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert code
    for block in code:
        check = block + "\nassert result.stats['n_crystals'] == 1\n"
        done = subprocess.run([sys.executable, "-c", check], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_generated_reference_pages_are_up_to_date():
    page = PAGES / "reference" / "generate.py"
    done = subprocess.run([sys.executable, str(page), "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
