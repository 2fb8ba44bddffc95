"""Every step of one program on the output of the step before by the other: does it run, and do the results agree?

usage: python benchmarks/interop.py GNOMON-FOLDER DIALS-FOLDER   (each with all the files of a whole chain)
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from chain import STEPS, arguments_of, program, timed

from gnomon import read_experiments, read_reflections
from gnomon.models.flags import Flag


@dataclass(frozen=True)
class Crossing:
    """One row: ``step`` of ``taker`` run on files of ``giver``, and what came out beside taker's own."""

    step: str
    giver: str
    taker: str
    ok: bool
    crossed: str
    own: str
    message: str = ""


def _spots(folder: Path) -> str:
    return f"{len(read_reflections(folder / 'strong.refl'))} spots"


def _cell(stem: str) -> Callable[[Path], str]:
    def summary(folder: Path) -> str:
        experiment = read_experiments(folder / f"{stem}.expt")[0]
        table = read_reflections(folder / f"{stem}.refl")
        indexed = int((table["miller_index"] != 0).any(axis=1).sum())
        assert experiment.crystal is not None
        return " ".join(f"{x:.3f}" for x in experiment.crystal.cell) + f", {indexed} indexed"

    return summary


def _intensities(folder: Path) -> str:
    table = read_reflections(folder / "integrated.refl")
    kept = table.select(table.has(Flag.INTEGRATED_PRF))
    ratio = kept["intensity.prf.value"] / np.sqrt(np.maximum(kept["intensity.prf.variance"], 1e-9))
    return f"{len(kept)} profile-fitted, mean I {kept['intensity.prf.value'].mean():.1f}, I/sigma {ratio.mean():.2f}"


def _group(folder: Path) -> str:
    crystal = read_experiments(folder / "symmetrized.expt")[0].crystal
    assert crystal is not None
    return crystal.hall_symbol.strip()


def _scaled(folder: Path) -> str:
    table = read_reflections(folder / "scaled.refl")
    kept = table.select(table.has(Flag.SCALED) & ~table.has(Flag.BAD_FOR_SCALING))
    return f"{len(kept)} scaled, median scale {np.median(kept['inverse_scale_factor']):.3f}"


def _mtz(name: str) -> Callable[[Path], str]:
    def summary(folder: Path) -> str:
        import gemmi

        mtz = gemmi.read_mtz_file(str(folder / name))
        return f"{mtz.nreflections} rows, {mtz.spacegroup.hm}"

    return summary


SUMMARIES: dict[str, Callable[[Path], str]] = {
    "find_spots": _spots,
    "index": _cell("indexed"),
    "refine": _cell("refined"),
    "integrate": _intensities,
    "symmetry": _group,
    "scale": _scaled,
    "merge": _mtz("merged.mtz"),
    "export": _mtz("scaled.mtz"),
}


def cross(step: str, giver: str, taker: str, folders: dict[str, Path], nproc: int = 2) -> Crossing:
    """Run ``step`` of ``taker`` on the files of ``giver``."""
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        for name in STEPS[step]:
            shutil.copy(folders[giver] / name, work / name)
        done = timed([*program(taker, step), *arguments_of(taker, step, [], nproc)], work)
        message = "" if done.ok else " ".join(done.output.split())[-200:]
        crossed = SUMMARIES[step](work) if done.ok else "failed"
    return Crossing(step, giver, taker, done.ok, crossed, SUMMARIES[step](folders[taker]), message)


def main() -> None:
    """Print the table of crossings, both ways."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gnomon", type=Path)
    parser.add_argument("dials", type=Path)
    given = parser.parse_args()
    folders = {"gnomon": given.gnomon, "dials": given.dials}
    for giver, taker in (("gnomon", "dials"), ("dials", "gnomon")):
        print(f"\n{taker} on files of {giver}")
        for step in SUMMARIES:
            row = cross(step, giver, taker, folders)
            print(f"{step:<12} {'ok' if row.ok else 'FAILED':<7} {row.crossed}\n{'':<20} own: {row.own} {row.message}")


if __name__ == "__main__":
    main()
