"""What integrate costs on large detectors: CPU, wall, memory, beside decoding alone.

usage: python benchmarks/integrate.py [KIND ...] [--images N] [--repeat N] [--mosaicity DEGREES] [--axis C]
                                      [--folder DIR] [--nproc N]

KIND: pilatus6m, eiger4m and eiger16m if none is given. ``--images`` of 0.1 degree are simulated in DIR/KIND, or taken
from there, and go through import, find_spots, index and refine; then the same images are repeated to ``--repeat`` of
them (without copies) and integrated: reflections are predicted all along that scan, and cost what they would, though
intensities beyond the images that were simulated mean nothing. ``--axis``: c of the tetragonal cell, Å, which sets how
many reflections there are an image.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from chain import program, run_chain, timed
from image_series import CRYSTAL, KINDS, repeated, simulated
from image_stages import cost, decode_all

from gnomon.distribute.workers import SERIAL
from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.refl import read_reflections
from gnomon.report.table import text_table

FULL = ("pilatus6m", "eiger4m", "eiger16m")
BEFORE = ("import", "find_spots", "index", "refine")


def prepared(kind: str, given: argparse.Namespace) -> Path:
    """A folder with refined.expt, on the repeated images, and refined.refl. Raises SystemExit where a step fails."""
    home = given.folder / f"{kind}-{given.mosaicity:g}-{given.axis:g}"
    crystal = CRYSTAL.changed(
        mosaicity=given.mosaicity, cell=(79.0, 79.0, given.axis, 90.0, 90.0, 90.0), mean_intensity=1000.0
    )
    files = simulated(kind, home, given.images, given.nproc, crystal)
    costs = run_chain("gnomon", files, home / "chain", steps=BEFORE, nproc=given.nproc)
    step, last = list(costs.items())[-1]
    if not last.ok:
        raise SystemExit(f"{step} failed:\n{last.output}")
    folder = home / f"repeated-{given.repeat}"
    long = read_experiments(repeated(home / "chain" / "imported.expt", folder, given.repeat))[0]
    refined = read_experiments(home / "chain" / "refined.expt")
    write_experiments(
        folder / "refined.expt", refined.with_items([replace(refined[0], images=long.images, scan=long.scan)])
    )
    shutil.copy(home / "chain" / "refined.refl", folder / "refined.refl")
    return folder


def row(kind: str, given: argparse.Namespace) -> list[str]:
    """What one kind of detector cost."""
    folder = prepared(kind, given)
    done = timed([*program("gnomon", "integrate"), "refined.expt", "refined.refl", f"nproc={given.nproc}"], folder)
    if not done.ok:
        raise SystemExit(done.output)
    n = len(read_reflections(folder / "integrated.refl"))
    experiment, numbers = read_experiments(folder / "refined.expt")[0], list(range(1, given.images + 1))
    unpacking = 1e3 * cost(lambda: decode_all(experiment, numbers, SERIAL))[0] / given.images
    each = 1e3 * done.cpu / given.repeat
    figures = [f"{done.cpu:.1f}", f"{done.wall:.1f}", f"{each:.1f}", f"{unpacking:.1f}", f"{done.memory:.0f}"]
    return [kind, str(given.repeat), str(n), *figures]


def main() -> None:
    """Print a row a kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", default=FULL, help=", ".join(KINDS))
    parser.add_argument("--images", type=int, default=60)
    parser.add_argument("--repeat", type=int, default=900)
    parser.add_argument("--mosaicity", type=float, default=0.1)
    parser.add_argument("--axis", type=float, default=130.0)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--nproc", type=int, default=2)
    given = parser.parse_args()
    given.folder = (given.folder or Path(tempfile.mkdtemp(prefix="gnomon-integrate-"))).resolve()
    headers = ["detector", "images", "reflections", "CPU s", "wall s", "CPU ms an image", "of it decoding", "peak MB"]
    print(text_table("integrate", headers, [row(kind, given) for kind in given.kinds]))


if __name__ == "__main__":
    main()
