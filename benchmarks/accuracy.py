"""gnomon and DIALS on simulated images, against truth: every figure of merit side by side.

usage: python benchmarks/accuracy.py [CASE ...] [--folder DIR] [--nproc N] [--only gnomon|dials] [--small] [--seeds N]

Cases are those of gnomon.simulate.example, with _off for errors in the header (3 px and 0.3 mm), with _far for a beam
centre 10 px off; slip_wedges, a series of crystals, refined jointly; lattices, two of them 0.5 to 30 degrees apart;
and nanobragg, the sweep of an independent simulator in the shared data. Images and results that are in the folder
already are used as they are. --small: a case's crystal on 24 small images.

Cases without images, on tables as integration leaves them (tables.py), --seeds of each: weak (wedges with partials, to
I/sigma 1), anomalous and dark (hardly any background): scaling; damage, tncs, pseudo, twins: symmetry; bad_sets: cosym.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import hdf5plugin  # noqa: TID251 - to tell DIALS where it is
import lattices
import nanobragg
import tables
import wedges
from chain import MANY, STEPS, has_dials, run_chain

from gnomon.distribute.workers import Workers
from gnomon.errors import InputError
from gnomon.io.expt import read_experiments
from gnomon.io.refl import read_reflections
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.report.table import text_table
from gnomon.simulate.assess.figures import Figures, assess
from gnomon.simulate.assess.frame import cell_error
from gnomon.simulate.assess.measured import MeasuredFigures, Ratio, Shell, measured_figures
from gnomon.simulate.assess.spots import prediction_error
from gnomon.simulate.assess.targets import targets
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.example import LATTICES, SERIES, case, series, small_case
from gnomon.simulate.params import SimulateParams
from gnomon.simulate.truth import Truth, load_truth

CASES = ("cubic_off", "tetragonal_off", "mono_off", "tri_off", "tetragonal")
SINGLE = {step: STEPS[step] for step in ("import", "find_spots", "index", "refine", "integrate", "symmetry", "scale")}
TOGETHER = {step: MANY[step] for step in wedges.STEPS}
_COSTS = "costs.json"


@dataclass(frozen=True)
class Outcome:
    """What a program achieved; what its files do not tell is None, and ``failure`` says why."""

    figures: Figures | None
    prediction: tuple[float, float, float] | None  # r.m.s. from true, px, px, images
    angles: float | None  # degrees, the largest error of the refined cell's angles
    used: float | None  # fraction of the indexed spots that refinement used
    measured: MeasuredFigures | None
    costs: dict[str, tuple[float, float, float]]  # of each step: CPU s, wall s, MB
    failure: str


def truth_of(params: SimulateParams, folder: Path, nproc: int) -> Truth:
    """The case's images and truth, made where they are not there."""
    if (folder / "truth.npz").is_file():
        return load_truth(folder)
    return simulate_dataset(params, folder, workers=Workers(nproc))


def images_of(truth: Truth) -> list[str]:
    """What import is given."""
    if "#" not in truth.template:
        return [truth.template]
    return sorted(str(p) for p in truth.folder.glob("*.cbf*"))


def run(
    program: str,
    images: list[str],
    folder: Path,
    nproc: int,
    recipe: Mapping[str, Sequence[str]] = SINGLE,
) -> str:
    """Run the chain in ``folder`` unless it was run there before; what went wrong, in a line, or nothing."""
    kept = folder / _COSTS
    if not kept.is_file():
        done = run_chain(program, images, folder, recipe=recipe, nproc=nproc)
        step, last = list(done.items())[-1]
        lines = last.output.strip().splitlines() or [""]
        failure = "" if last.ok else f"{step} failed: {lines[-1]}"
        costs = {name: (t.cpu, t.wall, t.memory) for name, t in done.items()}
        kept.write_text(json.dumps({"failure": failure, "costs": costs}))
    return str(json.loads(kept.read_text())["failure"])


def outcome_of(program: str, truth: Truth, folder: Path, nproc: int) -> Outcome:
    """From the program's files in ``folder``, or a fresh run."""
    failure = run(program, images_of(truth), folder, nproc)
    figures = None
    try:
        figures = assess(truth, folder)
    except InputError as error:
        failure = failure or str(error)
    prediction = angles = used = measured = None
    if (folder / "refined.refl").is_file():
        experiments, table = files_of(folder, "refined")
        prediction = prediction_error(truth, experiments, table)
        angles = cell_error(experiments[0].needed_crystal, truth)[1]
        used = table.has(Flag.USED_IN_REFINEMENT).sum() / max(table.has(Flag.INDEXED).sum(), 1)
    if (folder / "integrated.refl").is_file():
        measured = measured_figures(truth, *files_of(folder, "integrated"))
    costs = json.loads((folder / _COSTS).read_text())["costs"]
    return Outcome(figures, prediction, angles, used, measured, costs, failure)


def files_of(folder: Path, stem: str) -> tuple[Experiments, Reflections]:
    """``stem``.expt and ``stem``.refl."""
    return read_experiments(folder / f"{stem}.expt"), read_reflections(folder / f"{stem}.refl")


def common_rows(figures: list[Figures | None]) -> list[list[str]]:
    """R and correlations on the unique reflections that both programs measured; nothing for one program."""
    first, *others = (f.intensities for f in figures if f)
    if len(others) != 1:
        return []
    sets = [first.merged, others[0].merged]
    shared = [a.shared_with(b) for a, b in (sets, sets[::-1])]
    return [
        ["R, reflections of both", "", *(f"{s.r:.4g}" for s in shared)],
        ["CC where 2, those of both", "", *(f"{s.within(first.d_weak).cc:.4g}" for s in shared)],
    ]


def target_rows(figures: list[Figures | None], header_is_exact: bool) -> list[list[str]]:
    """One row a figure that has a target; a star where it is missed."""
    rows = []
    for target in targets(header_is_exact):
        cells = [f"{target.value(f):.4g}{' ' if target.is_met(f) else '*'}" if f else "-" for f in figures]
        rows.append([target.name, target.bounds, *cells])
    return rows


def other_rows(outcomes: list[Outcome]) -> list[list[str]]:
    """Figures without a target: geometry, what was measured, and what integrating cost."""
    geometry, measured = [o.prediction for o in outcomes], [o.measured for o in outcomes]
    costs = [o.costs.get("integrate") for o in outcomes]
    return [
        ["refined cell angles, deg off", "", *(f"{o.angles:.4f}" if o.angles is not None else "-" for o in outcomes)],
        ["indexed spots refined, %", "", *(f"{100 * o.used:.1f}" if o.used is not None else "-" for o in outcomes)],
        ["prediction from truth, px", "", *(f"{max(p[:2]):.4g}" if p else "-" for p in geometry)],
        ["prediction from truth, im.", "", *(f"{p[2]:.4g}" if p else "-" for p in geometry)],
        ["whole ones with intensity, %", "", *(f"{100 * m.measured:.2f}" if m else "-" for m in measured)],
        ["whole ones with a fit, %", "", *(f"{100 * m.fitted:.2f}" if m else "-" for m in measured)],
        ["integrate, CPU s", "", *(f"{c[0]:.1f}" if c else "-" for c in costs)],
        ["integrate, MB", "", *(f"{c[2]:.0f}" if c else "-" for c in costs)],
    ]


def table(name: str, params: SimulateParams, truth: Truth, outcomes: dict[str, Outcome]) -> str:
    """One row a figure, one column a program; then fits and sums in shells of 2theta."""
    done = list(outcomes.values())
    figures = [o.figures for o in done]
    rows = [["space group", truth.numbers["hall_symbol"], *(f.space_group if f else "-" for f in figures)]]
    rows += target_rows(figures, params.beam_error == (0, 0) and params.distance_error == 0)
    rows += other_rows(done)
    rows += common_rows(figures) if any(figures) else []
    counts = [str(f.intensities.n_observations) if f else "-" for f in figures]
    rows.append(["observations", "", *counts])
    parts = [text_table(f"{name}: {params.images} images", ["figure", "target", *outcomes], rows)]
    shells = {program: o.measured.shells for program, o in outcomes.items() if o.measured}
    if shells:
        parts.append(shell_table(f"{name}: whole reflections", "2theta", shells))
    parts += [f"{program}: {o.failure}" for program, o in outcomes.items() if o.failure]
    return "\n".join(parts)


def shell_table(title: str, what: str, programs: dict[str, list[Shell]], inverse: bool = False) -> str:
    """A row a shell; ``inverse``: edges are of 1/d and told as d."""
    heads = [f"{program} {head}" for program in programs for head in ("n", "fit/sum", "sum/true", "fit/true")]
    rows = []
    for group in zip(*programs.values()):
        low, high = (_inverse(e) if inverse else e for e in (group[0].low, group[0].high))
        cells = [[str(s.n), *(_ratio(r) for r in (s.fit_to_sum, s.sum_to_true, s.fit_to_true))] for s in group]
        rows.append([f"{low:.4g}-{high:.4g}", *(text for row in cells for text in row)])
    return text_table(title, [what, *heads], rows)


def _inverse(value: float) -> float:
    return 1 / value if value else float("inf")


def _ratio(ratio: Ratio) -> str:
    return f"{ratio.value:.3f}({ratio.sigma:.3f})"


def nanobragg_table(folder: Path, programs: list[str], nproc: int) -> str:
    """Shells of the independent simulator's sweep: integrated against its photons, scaled against F squared."""
    source = nanobragg.sweep_folder()
    if source is None:
        return "nanobragg: set GNOMON_SHARED_DATA to a folder that holds nanobragg/truth.npz"
    true, shells, rows, failures = nanobragg.Amplitudes.load(source), {}, {}, []
    for program in programs:
        own = folder / program
        failure = run(program, nanobragg.import_arguments(program, source), own, nproc)
        failures += [f"{program}: {failure}"] if failure else []
        if (own / "integrated.refl").is_file():
            shells[program] = nanobragg.integrated_shells(*files_of(own, "integrated"), true)
        if (own / "scaled.refl").is_file():
            rows[program] = nanobragg.scaled_shells(*files_of(own, "scaled"), true)
    edges = [f"{high:.4g}-{low:.4g}" for high, low in zip(nanobragg.D_EDGES, nanobragg.D_EDGES[1:])]
    cells = [[edge, *map(_ratio, ratios)] for edge, *ratios in zip(edges, *rows.values())]
    scaled = text_table("nanobragg: scaled intensity over F squared", ["d", *rows], cells)
    return "\n".join([shell_table("nanobragg: whole reflections", "d", shells, inverse=True), scaled, *failures])


def wedges_table(name: str, folder: Path, programs: list[str], nproc: int) -> str:
    """Figures of a series of crystals, refined and integrated together."""
    truth = wedges.truth_of(series(name), folder, nproc)
    images = wedges.images_of(truth, folder)
    failures = {p: run(p, images, folder / p, nproc, TOGETHER) for p in programs}
    rows = wedges.rows([wedges.wedges_figures(truth, folder, folder / p) for p in programs])
    parts = [text_table(f"{name}: {len(truth.names)} wedges", ["figure", *programs], rows)]
    return "\n".join([*parts, *(f"{p}: {failure}" for p, failure in failures.items() if failure)])


def lattices_table(folder: Path, programs: list[str], nproc: int) -> str:
    """A row a case and a program: what was found of two lattices, when two were asked for."""
    rows, failures = [], []
    for name, params in LATTICES.items():
        own = folder / name.replace(" ", "_").replace(",", "").replace(":", "to")
        truth = truth_of(params, own, nproc)
        for program in programs:
            failure = run(program, images_of(truth), own / program, nproc, lattices.RECIPE)
            failures += [f"{name}, {program}: {failure}"] if failure else []
            if (own / program / "indexed.refl").is_file():
                found = lattices.lattices_figures(truth, *files_of(own / program, "indexed"))
                rows.append([name, program, *found.cells()])
    heads = ["two lattices", "program", "crystals", "indexed, %", "first, degrees off", "second, degrees off"]
    return "\n".join([text_table("lattices: index max_lattices=2", heads, rows), *failures])


def single_table(name: str, folder: Path, programs: list[str], nproc: int, small: bool) -> str:
    """All figures of one data set."""
    params = small_case(name) if small else case(name)
    truth = truth_of(params, folder, nproc)
    return table(name, params, truth, {p: outcome_of(p, truth, folder / p, nproc) for p in programs})


def main() -> None:
    """Print a table a case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", default=CASES)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--nproc", type=int, default=2)
    parser.add_argument("--only", choices=("gnomon", "dials"))
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--seeds", type=int, default=1)
    given = parser.parse_args()
    folder = (given.folder or Path(tempfile.mkdtemp(prefix="gnomon-accuracy-"))).resolve()
    os.environ.setdefault("HDF5_PLUGIN_PATH", hdf5plugin.PLUGINS_PATH)  # DIALS as Debian has it brings no bitshuffle
    programs = [given.only] if given.only else ["gnomon", *(["dials"] if has_dials() else [])]
    print(f"images and results in {folder}; * marks a target missed")
    for name in given.cases:
        own = folder / (f"{name}_small" if given.small else name)
        if name == "nanobragg":
            text = nanobragg_table(own, programs, given.nproc)
        elif name in tables.SECTIONS:
            text = tables.section(name, own, programs, given.seeds)
        elif name == "lattices":
            text = lattices_table(own, programs, given.nproc)
        elif name in SERIES:
            text = wedges_table(name, own, programs, given.nproc)
        else:
            text = single_table(name, own, programs, given.nproc, given.small)
        print("\n" + text, flush=True)


if __name__ == "__main__":
    main()
