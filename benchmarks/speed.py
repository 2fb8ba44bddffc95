"""gnomon and DIALS on the same images in one run: CPU seconds, wall seconds and ratios, a row a step.

usage: python benchmarks/speed.py 'IMAGES-GLOB' [--folder DIR] [--repeat N] [--nproc N]
"""

from __future__ import annotations

import argparse
import glob
import statistics
import tempfile
from pathlib import Path

from chain import STEPS, Timing, has_dials, run_chain


def median_costs(runs: list[dict[str, Timing]], step: str) -> tuple[float, float] | None:
    """Median CPU and wall seconds of a step over the runs in which it worked."""
    worked = [run[step] for run in runs if step in run and run[step].ok]
    if not worked:
        return None
    return statistics.median(t.cpu for t in worked), statistics.median(t.wall for t in worked)


def row(step: str, ours: tuple[float, float] | None, theirs: tuple[float, float] | None) -> str:
    """One line of the table."""
    words = [f"{step:<12}"]
    words += [f"{ours[0]:8.2f} {ours[1]:8.2f}" if ours else f"{'failed':>17}"]
    words += [f"{theirs[0]:8.2f} {theirs[1]:8.2f}" if theirs else f"{'-':>17}"]
    if ours and theirs:
        words += [f"{theirs[0] / ours[0]:8.1f} {theirs[1] / ours[1]:8.1f}"]
    return "  ".join(words)


def main() -> None:
    """Run both programs and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--nproc", type=int, default=2)
    given = parser.parse_args()
    images = [str(Path(p).resolve()) for p in sorted(glob.glob(given.images))]
    folder = given.folder or Path(tempfile.mkdtemp(prefix="gnomon-speed-"))
    run_chain("gnomon", images, folder / "warm-up", nproc=given.nproc)  # compiles what is not in the kernel cache
    names = ["gnomon", "dials"] if has_dials() else ["gnomon"]
    runs: dict[str, list[dict[str, Timing]]] = {"gnomon": [], "dials": []}
    for i in range(given.repeat):
        for name in names:
            runs[name].append(run_chain(name, images, folder / f"{name}-{i}", nproc=given.nproc))
    print(f"{len(images)} images, {given.nproc} workers, median of {given.repeat}; results in {folder}")
    print(f"{'':12}  {'gnomon':>17}  {'DIALS':>17}  {'ratio':>17}")
    print(f"{'step':<12}  {'CPU s':>8} {'wall s':>8}  {'CPU s':>8} {'wall s':>8}  {'CPU':>8} {'wall':>8}")
    totals = {name: [0.0, 0.0] for name in runs}
    for step in STEPS:
        both = {name: median_costs(runs[name], step) for name in runs}
        print(row(step, both["gnomon"], both["dials"]))
        for name, cost in both.items():
            if cost and all(both[n] for n in names):
                totals[name] = [totals[name][0] + cost[0], totals[name][1] + cost[1]]
    print(row("all", (totals["gnomon"][0], totals["gnomon"][1]), tuple(totals["dials"]) if "dials" in names else None))  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
