"""Settings and clusters of simulated crystals against truth, with DIALS' cosym on the same integrated data beside.

usage: python benchmarks/clusters.py [--cases NAME ...] [--seeds N] [--folder DIR] [--dials]

A row a case and seed: data sets in one setting and the Laue group, of both programs; how many clusters
correlation_matrix makes, whether they are the species, and its weakest probability. --dials runs dials.cosym too, which
takes minutes a case.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from chain import Timing, has_dials, program, timed

from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.refl import read_reflections, write_reflections
from gnomon.maths.crystal.symmetry import patterson_symbol, space_group
from gnomon.pipeline import STAGES
from gnomon.report.table import text_table
from gnomon.simulate.assess.crystals import assess_crystals
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import WedgesTruth, integrated_wedges

CASES: dict[str, dict[str, Any]] = {
    "3 x 12, 10 degrees, CC 0.94": {},
    "3 x 12, 5 degrees, CC 0.94": {"images": 10},
    "2 x 12, 10 degrees, CC 0.98": {"species": ("cow", "pig"), "species_cc": 0.98},
    "2 x 12, 5 degrees, CC 0.98": {"species": ("cow", "pig"), "species_cc": 0.98, "images": 10},
    "1 x 36, 10 degrees": {"species": ("cow",), "wedges": 36},
    "1 x 36, 5 degrees": {"species": ("cow",), "wedges": 36, "images": 10},
}
HEADERS = (
    "case", "seed", "in one setting", "Laue group", "CPU s", "clusters", "of one species", "weakest p", "CPU s",
    "DIALS: in one setting", "Laue group", "CPU s",
)  # fmt: skip


def write_case(name: str, seed: int, folder: Path) -> WedgesTruth:
    """``integrated.expt`` and ``.refl`` in ``folder``, on primitive cells as indexing leaves them, and their truth."""
    folder.mkdir(parents=True, exist_ok=True)
    params = WedgesParams.model_validate({"basis": "primitive", "seed": seed, **CASES[name]})
    experiments, table, truth = integrated_wedges(params)
    write_experiments(folder / "integrated.expt", experiments)
    write_reflections(folder / "integrated.refl", table)
    return truth


def run(who: str, command: str, source: str, folder: Path) -> Timing:
    """The cost of a command on ``source``; ends the program where gnomon fails."""
    done = timed([*program(who, command), f"{source}.expt", f"{source}.refl"], folder)
    if not done.ok and who == "gnomon":
        sys.exit(f"{command} failed: {done.output[-300:]}")
    return done


def settings(truth: WedgesTruth, path: Path) -> tuple[str, str]:
    """How many data sets of a list are in one setting, and the Laue group of it."""
    if not path.exists():
        return "-", "-"
    experiments = read_experiments(path)
    figures = assess_crystals(truth, experiments, {})
    crystal = experiments[0].crystal
    group = patterson_symbol(space_group(crystal.hall_symbol)) if crystal is not None else "-"
    return f"{figures.in_one_setting} of {len(truth.names)}", group


def clusters(truth: WedgesTruth, folder: Path) -> tuple[str, str, str]:
    """How many clusters correlation_matrix makes, whether they are the species, and the weakest split's p."""
    experiments, table = read_experiments(folder / "scaled.expt"), read_reflections(folder / "scaled.refl")
    found = STAGES["correlation_matrix"](experiments, table).summary
    figures = assess_crystals(truth, experiments, {c.name: c.members for c in found.clusters})
    placed = sum(len(c.members) for c in found.clusters) == len(truth.names)
    right = figures.unmixed and placed and len(found.clusters) == len(truth.species_names)
    believed = [s.p_value for s in found.splits if s.significant]
    return str(len(found.clusters)), "yes" if right else "no", f"{max(believed):.0e}" if believed else "-"


def row(name: str, seed: int, folder: Path, dials: bool) -> list[str]:
    """All that is told of a case."""
    truth = write_case(name, seed, folder)
    cosym = run("gnomon", "cosym", "integrated", folder)
    ours = settings(truth, folder / "symmetrized.expt")
    run("gnomon", "scale", "symmetrized", folder)
    matrix = run("gnomon", "correlation_matrix", "scaled", folder)
    cells = [name, str(seed), *ours, f"{cosym.cpu:.1f}", *clusters(truth, folder), f"{matrix.cpu:.1f}"]
    if not dials:
        return [*cells, "-", "-", "-"]
    (folder / "symmetrized.expt").rename(folder / "ours.expt")
    peer = run("dials", "cosym", "integrated", folder)
    return [*cells, *settings(truth, folder / "symmetrized.expt"), f"{peer.cpu:.1f}"]


def main() -> None:
    """Run the cases and print the table, a row at a time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="*", default=list(CASES), choices=list(CASES))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--dials", action="store_true")
    given = parser.parse_args()
    folder = Path(given.folder or tempfile.mkdtemp(prefix="clusters-")).resolve()
    rows = []
    for k, name in enumerate(given.cases):
        for seed in range(1, given.seeds + 1):
            rows.append(row(name, seed, folder / f"{k}-{seed}", given.dials and has_dials()))
            print(" | ".join(rows[-1]), flush=True)
    print("\n" + text_table("Settings and clusters against truth", HEADERS, rows))


if __name__ == "__main__":
    main()
