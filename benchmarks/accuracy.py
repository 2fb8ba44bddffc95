"""gnomon and DIALS on simulated images, against truth: every figure of merit side by side.

usage: python benchmarks/accuracy.py [CASE ...] [--folder DIR] [--nproc N] [--only gnomon|dials]

Cases are those of gnomon.simulate.example, with _off for errors in the header (3 px and 0.3 mm), with _far for a beam
centre 10 px off. Images and results that are in the folder already are used as they are.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from chain import has_dials, run_chain

from gnomon.distribute.workers import Workers
from gnomon.report.table import text_table
from gnomon.simulate.assess.figures import Figures, assess
from gnomon.simulate.assess.targets import targets
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.example import case
from gnomon.simulate.truth import Truth, load_truth
from gnomon.step import InputError

CASES = ("cubic_off", "tetragonal_off", "mono_off", "tri_off", "tetragonal")
STEPS = ("import", "find_spots", "index", "refine", "integrate", "symmetry", "scale")


def truth_of(name: str, folder: Path, nproc: int) -> Truth:
    """The case's images and truth, made where they are not there."""
    if (folder / "truth.npz").is_file():
        return load_truth(folder)
    return simulate_dataset(case(name), folder, workers=Workers(nproc))


def figures_of(program: str, truth: Truth, folder: Path, nproc: int) -> Figures | str:
    """The program's figures, from its files in ``folder`` or a fresh run; what went wrong where it failed."""
    if not (folder / "scaled.refl").is_file():
        images = sorted(str(p) for p in truth.folder.glob("*.cbf*"))
        costs = run_chain(program, images, folder, steps=STEPS, nproc=nproc)
        step, last = list(costs.items())[-1]
        if not last.ok:
            lines = last.output.strip().splitlines() or [""]
            return f"{step} failed: {lines[-1]}"
    try:
        return assess(truth, folder)
    except InputError as error:
        return str(error)


def common_rows(figures: list[Figures]) -> list[list[str]]:
    """R and correlations on the unique reflections that both programs measured; nothing for one program."""
    if len(figures) != 2:
        return []
    sets = [f.intensities.merged for f in figures]
    shared = [a.shared_with(b) for a, b in (sets, sets[::-1])]
    shell = figures[0].intensities.d_weak
    return [
        ["R, reflections of both", "", *(f"{s.r:.4g}" for s in shared)],
        ["CC where 2, those of both", "", *(f"{s.within(shell).cc:.4g}" for s in shared)],
    ]


def table(name: str, truth: Truth, results: dict[str, Figures | str]) -> str:
    """One row a figure, one column a program; a star where the target is missed."""
    params = case(name)
    done = {program: f for program, f in results.items() if isinstance(f, Figures)}
    rows: list[list[str]] = [["space group", truth.numbers["hall_symbol"], *(f.space_group for f in done.values())]]
    for target in targets(params.beam_error == (0, 0) and params.distance_error == 0):
        cells = [f"{target.value(f):.4g}{' ' if target.is_met(f) else '*'}" for f in done.values()]
        rows.append([target.name, target.bounds, *cells])
    rows += [
        ["prediction from truth, px", "", *(f"{max(f.spots.prediction_error[:2]):.4g}" for f in done.values())],
        ["prediction from truth, im.", "", *(f"{f.spots.prediction_error[2]:.4g}" for f in done.values())],
    ]
    rows += common_rows(list(done.values()))
    rows.append(["observations", "", *(str(f.intensities.n_observations) for f in done.values())])
    failures = [f"{program}: {text}" for program, text in results.items() if isinstance(text, str)]
    return "\n".join([text_table(f"{name}: {params.images} images", ["figure", "target", *done], rows), *failures])


def main() -> None:
    """Print a table a case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=CASES)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--nproc", type=int, default=2)
    parser.add_argument("--only", choices=("gnomon", "dials"))
    given = parser.parse_args()
    folder = (given.folder or Path(tempfile.mkdtemp(prefix="gnomon-accuracy-"))).resolve()
    programs = [given.only] if given.only else ["gnomon", *(["dials"] if has_dials() else [])]
    print(f"images and results in {folder}; * marks a target missed")
    for name in given.cases:
        truth = truth_of(name, folder / name, given.nproc)
        results = {p: figures_of(p, truth, folder / name / p, given.nproc) for p in programs}
        print("\n" + table(name, truth, results), flush=True)


if __name__ == "__main__":
    main()
