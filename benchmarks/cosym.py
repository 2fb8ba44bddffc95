"""What cosym and correlation_matrix cost against the number of data sets: a table, and a plot as SVG.

usage: python benchmarks/cosym.py [--sizes 20 60 120 240] [--narrow] [--whole] [--folder DIR] [--plot FILE] [--dials N]

Simulated integrated 10 degree wedges of three species (gnomon.simulate.wedges), each command as a whole process that
reads and writes files; --narrow: 3 degree wedges to 4 Å, 311 reflections of which 223 are usable, for 1,000 data sets
and more; --whole: `process` from integrated data to merged clusters instead; --dials times dials.cosym on the first N
of them too. The table has the page's size, and at the end the power of the number of data sets with which CPU and
memory grew between the last two sizes.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from chain import Timing, timed

from gnomon.io.expt import write_experiments
from gnomon.io.refl import write_reflections
from gnomon.models.subset import subset
from gnomon.report.table import text_table
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges

COMMANDS = ("cosym", "correlation_matrix")
COLOURS = {"cosym": "#1f77b4", "correlation_matrix": "#d62728", "process": "#2ca02c", "dials.cosym": "#7f7f7f"}


NARROW = {"images": 6, "d_min": 4.05}


def write_data_sets(sizes: list[int], folder: Path, narrow: bool = False) -> None:
    """``N/integrated.expt`` and ``.refl`` for each size, species in turn; those that are there already stay."""
    sizes = [n for n in sizes if not (folder / str(n) / "integrated.refl").exists()]
    if not sizes:
        return
    each = -(-max(sizes) // 3)
    experiments, table, _ = integrated_wedges(
        WedgesParams(wedges=each, basis="primitive", **(NARROW if narrow else {}))
    )
    mixed = [species * each + k for k in range(each) for species in range(3)]
    for n in sizes:
        (folder / str(n)).mkdir(parents=True, exist_ok=True)
        part = subset(experiments, table, sorted(mixed[:n]))
        write_experiments(folder / str(n) / "integrated.expt", part[0])
        write_reflections(folder / str(n) / "integrated.refl", part[1])


def costs(sizes: list[int], folder: Path, commands: Sequence[str] = COMMANDS) -> dict[str, dict[int, Timing]]:
    """Of each command, by the number of data sets."""
    found: dict[str, dict[int, Timing]] = {name: {} for name in commands}
    for n in sizes:
        source = "integrated"
        for name in commands:
            again = ["restart=true"] if name == "process" else []
            command = [sys.executable, "-m", "gnomon", name, f"{source}.expt", f"{source}.refl", *again]
            found[name][n] = timed(command, folder / str(n))
            if not found[name][n].ok:
                sys.exit(f"{name} of {n} data sets failed: {found[name][n].output[-300:]}")
            source = "symmetrized"
    return found


def table(found: dict[str, dict[int, Timing]], folder: Path) -> str:
    """A row for each size and command."""
    rows = [
        (name, n, f"{t.cpu:.1f}", f"{t.wall:.1f}", f"{t.memory:.0f}", f"{1000 * t.cpu / n:.0f}", _page(folder, name, n))
        for name, by_size in found.items()
        for n, t in by_size.items()
    ]
    head = ("command", "data sets", "CPU/s", "wall/s", "peak MB", "CPU ms a data set", "page MB")
    return text_table("Cost", head, rows)


def _page(folder: Path, name: str, n: int) -> str:
    made = folder / str(n) / f"gnomon.{name}.html"
    return f"{made.stat().st_size / 1e6:.2f}" if made.exists() else "-"


def growth(found: dict[str, dict[int, Timing]]) -> str:
    """For each command, p of cost ~ n^p between the last two sizes; nothing where there is one size."""
    lines = []
    for name, by_size in found.items():
        if len(by_size) > 1:
            (n, a), (m, b) = list(by_size.items())[-2:]
            cpu, memory = (math.log(y / x) / math.log(m / n) for x, y in ((a.cpu, b.cpu), (a.memory, b.memory)))
            lines.append(f"{name}, {n} to {m} data sets: CPU ~ n^{cpu:.2f}, peak memory ~ n^{memory:.2f}")
    return "\n".join(lines)


def plot(found: dict[str, dict[int, Timing]]) -> str:
    """CPU seconds against data sets as SVG, both axes linear from 0."""
    width, height, left, bottom = 560, 360, 60, 40
    most = max(n for by_size in found.values() for n in by_size)
    top = max(t.cpu for by_size in found.values() for t in by_size.values()) * 1.1
    x = lambda n: left + (width - left - 130) * n / most  # noqa: E731
    y = lambda cpu: height - bottom - (height - bottom - 20) * cpu / top  # noqa: E731
    parts = [
        f'<path d="M{left} 20V{y(0)}H{x(most)}" fill="none" stroke="black"/>',
        f'<text x="{x(most / 2)}" y="{height - 6}" text-anchor="middle">data sets</text>',
        f'<text x="16" y="{y(top / 2)}" text-anchor="middle" transform="rotate(-90 16 {y(top / 2)})">CPU s</text>',
    ]
    sizes = sorted({n for by_size in found.values() for n in by_size})
    parts += [f'<text x="{x(n)}" y="{y(0) + 15}" text-anchor="middle">{n}</text>' for n in sizes]
    parts += [
        f'<text x="{left - 5}" y="{y(top * k / 4) + 4}" text-anchor="end">{top * k / 4:.0f}</text>' for k in range(5)
    ]
    for name, by_size in found.items():
        points = [(x(n), y(t.cpu)) for n, t in by_size.items()]
        path = "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in points)
        parts.append(f'<path d="{path}" fill="none" stroke="{COLOURS[name]}" stroke-width="2"/>')
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{COLOURS[name]}"/>' for a, b in points]
        a, b = points[-1]
        parts.append(f'<text x="{a + 6:.1f}" y="{b + 4:.1f}" fill="{COLOURS[name]}">{name}</text>')
    style = 'font-family="sans-serif" font-size="12"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" {style}>{"".join(parts)}</svg>\n'


def main() -> None:
    """Make the data, run, print the table, write the plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[20, 60, 120, 240])
    parser.add_argument("--narrow", action="store_true")
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--dials", type=int, default=0)
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp())
    sizes = sorted({*given.sizes, *([given.dials] if given.dials else [])})
    write_data_sets(sizes, folder, given.narrow)
    found = costs(sizes, folder, ("process",) if given.whole else COMMANDS)
    if given.dials:
        work = folder / f"dials-{given.dials}"
        work.mkdir(exist_ok=True)
        source = folder / str(given.dials) / "integrated"
        found["dials.cosym"] = {given.dials: timed(["dials.cosym", f"{source}.expt", f"{source}.refl"], work)}
    print(table(found, folder))
    print(growth(found))
    if given.plot:
        given.plot.write_text(plot(found), encoding="utf-8")


if __name__ == "__main__":
    main()
