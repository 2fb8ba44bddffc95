"""gnomon and DIALS on the same images in one run: CPU seconds, wall seconds and ratios, a row a step.

usage: python benchmarks/speed.py 'IMAGES-GLOB' [--many] [--folder DIR] [--repeat N] [--nproc N] [--only-gnomon]

--many: the images are of many crystals (index joint=false, cosym, correlation_matrix).

gnomon runs once with an empty kernel cache (column "cold") and then as often as DIALS, in turns. Medians are printed.
CPU seconds are user and system time of a command and its children, as on a busy machine only they can be compared.
"""

from __future__ import annotations

import argparse
import glob
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from chain import MANY, STEPS, Timing, has_dials, program, run_chain, timed

from gnomon.pipeline import STAGES
from gnomon.report.table import text_table

Chain = partial[dict[str, Timing]]
"""``run_chain`` with images, recipe and workers fixed."""

Cost = tuple[float, float]
"""CPU and wall seconds."""


def median_cost(timings: Sequence[Timing]) -> Cost | None:
    """Medians over the runs that worked; None where none did."""
    worked = [t for t in timings if t.ok]
    if not worked:
        return None
    return statistics.median(t.cpu for t in worked), statistics.median(t.wall for t in worked)


def total(costs: Sequence[Cost | None]) -> Cost | None:
    """The sum over steps, None where a step has none."""
    known = [c for c in costs if c is not None]
    return (sum(c[0] for c in known), sum(c[1] for c in known)) if known and len(known) == len(costs) else None


def row(name: str, ours: Cost | None, theirs: Cost | None, cold: Cost | None) -> list[str]:
    """A line of the table: seconds of both, how many times less ours are, and the extra CPU of a cold cache."""
    cells = [name]
    for cost in (ours, theirs):
        cells += [f"{x:.2f}" for x in cost] if cost else ["-", "-"]
    cells += [f"{b / a:.1f}" for a, b in zip(ours, theirs)] if ours and theirs else ["-", "-"]
    return [*cells, f"{cold[0] - ours[0]:+.1f}" if cold and ours else "-"]


def chain_rows(chain: Chain, folder: Path, names: Sequence[str], repeat: int) -> list[list[str]]:
    """A row a step, then their sum over the steps that all programs did."""
    steps = tuple(chain.keywords["recipe"])
    cold = chain("gnomon", folder=folder / "cold")
    runs: dict[str, list[dict[str, Timing]]] = {name: [] for name in names}
    for i in range(repeat):
        for name in names:
            runs[name].append(chain(name, folder=folder / f"{name}-{i}"))
    medians = {
        name: {step: median_cost([run[step] for run in runs[name] if step in run]) for step in steps} for name in names
    }
    medians["cold"] = {step: median_cost([cold[step]] if step in cold else []) for step in steps}
    theirs = medians.get("dials", dict.fromkeys(steps))
    rows = [row(step, medians["gnomon"][step], theirs[step], medians["cold"][step]) for step in steps]
    done = [step for step in steps if all(medians[name][step] for name in names)]
    sums = [total([costs[step] for step in done]) for costs in (medians["gnomon"], theirs, medians["cold"])]
    return [*rows, row("all that both did", *sums)]


def start_up_rows(image: str, folder: Path, names: Sequence[str], repeat: int) -> list[list[str]]:
    """What commands cost before they look at data: help, one image, and what each step imports."""

    def costs(words: Callable[[str], list[str]]) -> list[Cost | None]:
        return [median_cost([timed(words(name), folder / name) for _ in range(repeat)]) for name in names]

    for name in names:
        (folder / name).mkdir(parents=True, exist_ok=True)
        timed([*program(name, "import"), image], folder / name)
    measured = {
        "integrate --help": costs(lambda name: [*program(name, "integrate"), "--help"]),
        "find_spots, 1 image": costs(lambda name: [*program(name, "find_spots"), "imported.expt"]),
    }
    for step in STAGES:
        load = f"import gnomon.cli.session, gnomon.pipeline; gnomon.pipeline.STAGES[{step!r}].function"
        measured[f"loading {step}"] = [
            median_cost([timed([sys.executable, "-c", load], folder) for _ in range(repeat)])
        ]
    return [row(name, found[0], found[1] if len(found) > 1 else None, None) for name, found in measured.items()]


def main() -> None:
    """Run both programs and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images")
    parser.add_argument("--many", action="store_true")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--nproc", type=int, default=2)
    parser.add_argument("--only-gnomon", action="store_true")
    given = parser.parse_args()
    images = [str(Path(p).resolve()) for p in sorted(glob.glob(given.images))]
    if not images:
        parser.error(f"no image matches {given.images}")
    if given.folder:
        given.folder.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="speed-", dir=given.folder)).resolve()
    os.environ["NUMBA_CACHE_DIR"] = str(folder / "kernels")  # empty: the first run is the cold one
    names = ["gnomon"] if given.only_gnomon or not has_dials() else ["gnomon", "dials"]
    chain = partial(run_chain, images=images, recipe=MANY if given.many else STEPS, nproc=given.nproc)
    rows = chain_rows(chain, folder, names, given.repeat)
    headers = ["step", "CPU s", "wall s", "DIALS CPU s", "wall s", "ratio CPU", "wall", "cold CPU s"]
    print(text_table(f"{len(images)} images, {given.nproc} workers, median of {given.repeat}", headers, rows))
    rows = start_up_rows(images[0], folder / "start", names, given.repeat)
    print("\n" + text_table("Start-up", headers[:-1], [cells[:-1] for cells in rows]))
    print(f"\nresults in {folder}")


if __name__ == "__main__":
    main()
