"""Lines of public tutorials are understood; those that are not yet are named here, and leave the list when they are."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

REFERENCE = Path(__file__).parents[2] / "docs/reference"
sys.path.insert(0, str(REFERENCE))
import tutorial_lines  # noqa: E402

EXPECTED_MISSING = """
dials.index imported.expt strong.refl detector.fix=distance goniometer.fix=None space_group=C2
dials.ssx_integrate indexed.expt indexed.refl
dials.ssx_integrate indexed.refl indexed.expt algorithm=ellipsoid
dials.ssx_integrate indexed.refl indexed.expt algorithm=stills
"""
"""A command or a parameter of each is missing."""


@pytest.fixture(scope="module")
def found() -> list[tutorial_lines.Line]:
    if not tutorial_lines.LINES.is_file():
        pytest.skip(f"no {tutorial_lines.LINES}; set GNOMON_SHARED_DATA to the data beside it")
    return tutorial_lines.lines()


def test_lines_of_tutorials_are_understood(found):
    """Strictly: a line that starts to pass is to be taken from EXPECTED_MISSING."""
    missing = {" ".join(line.words.split()): line.error for line in found if line.error}
    expected = set(EXPECTED_MISSING.strip().splitlines())
    assert len(found) == 167
    assert {line: missing[line] for line in missing.keys() - expected} == {}
    assert expected - missing.keys() == set()


def test_the_page_of_them_is_current(found):
    page = (REFERENCE / "tutorial-lines.md").read_text(encoding="utf-8")
    assert page == tutorial_lines.page(found), "run python docs/reference/tutorial_lines.py"


def test_a_command_that_has_another_name_here_is_told(capsys):
    from gnomon.cli.main import main

    with pytest.raises(SystemExit) as ended:
        main(["ssx_index", "strong.refl", "imported.expt", "method=fft1d"])
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        "gnomon: there is no command ssx_index; here it is `gnomon index strong.refl imported.expt`\n"
    )
