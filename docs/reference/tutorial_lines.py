"""Writes tutorial-lines.md: which lines of public tutorials gnomon understands, as ``gnomon LINE -c`` says.

The lines are those of ``reference/tutorial_lines.txt`` beside the shared data (GNOMON_SHARED_DATA): how often each
stands in 15 tutorials of DIALS and xia2, and the line.
"""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from gnomon.cli.main import BAD_USAGE
from gnomon.cli.main import main as gnomon

HERE = Path(__file__).parent
LINES = Path(os.environ.get("GNOMON_SHARED_DATA", "../shared/data")).resolve().parent / "reference/tutorial_lines.txt"

FILES = {
    "find_spots.phil": "spotfinder.threshold.dispersion {\n  gain = 0.833\n  global_threshold = 1\n}\n",
    "refine.phil": "refinement.parameterisation {\n  detector.fix = all position orientation *distance\n"
    "  beam.fix = all in_spindle_plane out_spindle_plane *wavelength\n}\n",
    "restraint.phil": "refinement.parameterisation.crystal.unit_cell.restraints.tie_to_target {\n"
    "  values = 32.05,68.05,104.56,90,90,90\n  sigmas = 0.05,0.05,0.05,0.05,0.05,0.05\n  id = None\n}\n",
    "mask.phil": "untrusted {\n  panel = 0\n  rectangle = 0,1024,500,520\n}\nuntrusted {\n  circle = 512,512,50\n}\n",
}
"""What tutorials have one write before; theirs are longer, of the same parameters."""


class Line(NamedTuple):
    """A line, how often it stands in the tutorials, and what is said of it where it is not understood."""

    words: str
    count: int
    error: str

    @property
    def command(self) -> str:
        """The name of its command."""
        return self.words.split()[0].removeprefix("dials.")


def lines(path: Path = LINES) -> list[Line]:
    """Every line with what ``gnomon ... -c`` makes of it, in a folder that holds nothing but files of parameters."""
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            for name, text in FILES.items():
                Path(name).write_text(text, encoding="utf-8")
            rows = [row.split(None, 1) for row in path.read_text(encoding="utf-8").splitlines() if row.strip()]
            return [Line(words, int(count), _said(shlex.split(words))) for count, words in rows]
        finally:
            os.chdir(here)


def _said(words: list[str]) -> str:
    """The error; none where the line passes, or where the line that is named in its place does."""
    said = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
        try:
            gnomon([*words, "-c"])
        except SystemExit as ended:
            if ended.code != BAD_USAGE:
                raise RuntimeError(f"{shlex.join(words)} ended with {ended.code}: {said.getvalue()}") from ended
    error = said.getvalue().strip()
    instead = error.partition("; here it is `gnomon ")[2].partition("`")[0]
    return _said(shlex.split(instead)) if instead else error


def page(found: list[Line]) -> str:
    """The page: a table by command, then the lines that do not pass."""
    return "\n".join([*_head(found), *_table(found), "", "## Not yet", "", *_missing(found), ""])


def _head(found: list[Line]) -> Iterator[str]:
    passing = [line for line in found if not line.error]
    yield "# Lines of tutorials"
    yield ""
    yield "Written by tutorial_lines.py: lines of 15 public tutorials of DIALS and xia2, as `gnomon LINE -c` takes them"
    yield "(all parameters are understood; where another command does it here, it is named and passes)."
    yield f"{len(passing)} of {len(found)} lines pass, with repetitions {_sum(passing)} of {_sum(found)}."
    yield ""


def _sum(found: list[Line]) -> int:
    return sum(line.count for line in found)


def _table(found: list[Line]) -> Iterator[str]:
    yield "| command | lines | pass | with repetitions | pass |"
    yield "|---|---|---|---|---|"
    for command in sorted(Counter(line.command for line in found)):
        own = [line for line in found if line.command == command]
        passing = [line for line in own if not line.error]
        yield f"| `{command}` | {len(own)} | {len(passing)} | {_sum(own)} | {_sum(passing)} |"


def _missing(found: list[Line]) -> Iterator[str]:
    yield "| line | what is said |"
    yield "|---|---|"
    for line in found:
        if line.error:
            yield f"| `{' '.join(line.words.split())}` | {line.error.removeprefix('gnomon: ')} |"


if __name__ == "__main__":
    (HERE / "tutorial-lines.md").write_text(page(lines()), encoding="utf-8")
