"""Every step of one program on the output of the step before by the other: does it run, and do the results agree?

usage: python benchmarks/interop.py GNOMON-FOLDER DIALS-FOLDER WORK [--steps index refine] [--markdown]

The two folders each hold all the files of a whole chain (``gnomon find_spots ... output.shoeboxes=true``, which DIALS'
integration needs; image paths absolute). Crossings go to ``WORK/<taker>/<step>``; one that is there is only compared.
"""

from __future__ import annotations

import argparse
import shutil
from dataclasses import dataclass
from pathlib import Path

from agreement import AGREEMENT
from chain import STEPS, Timing, arguments_of, program, timed

OUTPUT = {
    "find_spots": "strong.refl",
    "index": "indexed.refl",
    "refine": "refined.refl",
    "integrate": "integrated.refl",
    "symmetry": "symmetrized.refl",
    "scale": "scaled.refl",
    "merge": "merged.mtz",
    "export": "scaled.mtz",
}
"""The file that tells that a step has finished."""

BESIDE = {
    "show": ("integrated", "Unit cell:"),
    "report": ("refined", "Writing html report"),
    "refine_bravais_settings": ("indexed", "Saving summary"),
    "estimate_resolution": ("scaled", "Resolution cc_half"),
    "scale": ("scaled", "Saving the scaled reflections"),
}
"""DIALS commands beside the chain (and ``scale`` once more), the files of ours they read, their words when done."""


@dataclass(frozen=True)
class Crossing:
    """``step`` of ``taker`` on files of ``giver``, beside taker's own chain and giver's step on the same input."""

    step: str
    giver: str
    taker: str
    message: str
    with_taker: str = ""
    with_giver: str = ""

    @property
    def ok(self) -> bool:
        """Whether the step ran to its end."""
        return not self.message


def run(step: str, taker: str, given: Path, inputs: tuple[str, ...], work: Path) -> Timing:
    """Run ``step`` of ``taker`` in ``work`` on copies of files of ``given``."""
    shutil.rmtree(work, ignore_errors=True)
    (work / "given").mkdir(parents=True)
    for name in inputs:
        shutil.copy(given / name, work / "given" / name)
    options = [word for word in arguments_of(taker, step, [], nproc=1) if "=" in word] if step in STEPS else []
    done = timed([*program(taker, step), *(f"given/{name}" for name in inputs), *options], work)
    (work / "said.txt").write_text(done.output)
    return done


def _end(output: str) -> str:
    return " ".join(output.split())[-200:]


def cross(step: str, giver: str, taker: str, folders: dict[str, Path], work: Path) -> Crossing:
    """The crossing of one step, run unless its output is in ``work`` already."""
    if not (work / OUTPUT[step]).exists():
        done = run(step, taker, folders[giver], STEPS[step], work)
        if not done.ok:
            return Crossing(step, giver, taker, _end(done.output) or "failed")
    compared = [AGREEMENT[step](work, folders[name]) for name in (taker, giver)]
    return Crossing(step, giver, taker, "", *compared)


def beside(name: str, ours: Path, work: Path) -> str:
    """A line that tells whether a DIALS command beside the chain reads our files, run unless ``work`` is there."""
    stem, sign = BESIDE[name]
    said = work / "said.txt"
    if not said.exists():
        run(name, "dials", ours, (f"{stem}.expt", f"{stem}.refl"), work)
    output = said.read_text()
    return f"dials.{name} on our {stem}: {'ok' if sign in output else 'FAILED ' + _end(output)}"


def lines(row: Crossing, markdown: bool) -> str:
    """A row as text, or as a row of a markdown table."""
    if markdown:
        return f"| {row.step} | {'yes' if row.ok else row.message} | {row.with_taker} | {row.with_giver} |"
    head = f"{row.step:<12} {'ok' if row.ok else 'FAILED ' + row.message}"
    return "\n".join([head, f"    {row.taker} alone: {row.with_taker}", f"    {row.giver} alone: {row.with_giver}"])


def main() -> None:
    """Print the table of crossings, both ways."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("gnomon", "dials", "work"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--steps", nargs="*", default=list(OUTPUT), choices=list(OUTPUT))
    parser.add_argument("--markdown", action="store_true")
    given = parser.parse_args()
    folders = {"gnomon": given.gnomon, "dials": given.dials}
    for giver, taker in (("gnomon", "dials"), ("dials", "gnomon")):
        print(f"\n{taker} on files of {giver}\n")
        if given.markdown:
            print(f"| step | runs | against {taker} from the images | against {giver}, same input |\n|---|---|---|---|")
        for step in given.steps:
            print(lines(cross(step, giver, taker, folders, given.work / taker / step), given.markdown), flush=True)
    print()
    for name in BESIDE:
        print(beside(name, given.gnomon, given.work / "beside" / name), flush=True)


if __name__ == "__main__":
    main()
