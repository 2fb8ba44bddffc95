"""Images a second, format by format: read, decode, threshold, label; beside decoding alone and beside DIALS.

usage: python benchmarks/images.py [KIND ...] [--images N] [--folder DIR] [--nproc N] [--repeat N] [--memory N]
                                   [--only-gnomon]

KIND: pilatus6m, eiger4m and eiger16m if none is given; also pilatus300k and eiger1m. Images are simulated in
DIR/KIND, or taken from there where an earlier run left them. --memory N: also find_spots on the same images repeated
to N (without copies), to see that its peak memory does not grow.

CPU seconds are user and system time; a stage's are those of one thread. "fabio, h5py" is reading and decoding by these
well-kept libraries (h5py with hdf5plugin), to tell how fast our decoding is. MB are of pixels as int32.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import fabio
import h5py  # noqa: TID251 - beside whose decoding ours is measured
import hdf5plugin  # noqa: TID251 - the same, and to tell where it is
import numpy as np
from chain import Timing, has_dials, program, timed
from image_series import KINDS, repeated, simulated, stored_bytes
from image_stages import STAGES

from gnomon.io.refl import read_reflections
from gnomon.models.shoeboxes import FOREGROUND
from gnomon.report.table import text_table

FULL = ("pilatus6m", "eiger4m", "eiger16m")


@dataclass(frozen=True)
class Given:
    """What the user asked for."""

    folder: Path
    images: int
    nproc: int
    repeat: int
    memory: int
    peer: bool


def run(command: list[str], folder: Path) -> Timing:
    """What a command cost. Raises SystemExit with its output where it failed."""
    done = timed(command, folder)
    if not done.ok:
        raise SystemExit(f"{' '.join(command[:4])} failed in {folder}:\n{done.output}")
    return done


def strong_pixels(path: Path, width: int, height: int) -> np.ndarray:
    """Image, slow and fast of all pixels of all spots in one number each, ascending."""
    boxes = read_reflections(path)["shoebox"]
    found = []
    for i, (x0, _, y0, _, z0, _) in enumerate(boxes.bbox):
        z, y, x = np.nonzero(boxes.pixels(i)[1] & FOREGROUND)
        found.append(((z + z0).astype(np.int64) * height + y + y0) * width + x + x0)
    return np.unique(np.concatenate(found))


def decoding_elsewhere(files: list[str]) -> float:
    """CPU seconds of reading all images, one after the other, with h5py and hdf5plugin, or with fabio."""
    start = time.process_time()
    for path in files:
        if path.endswith(".nxs"):
            with h5py.File(path) as file:
                series = file["entry/data/data"]
                for i in range(len(series)):
                    series[i]
        else:
            fabio.open(path).data  # noqa: B018 - decodes
    return time.process_time() - start


def stage_row(kind: str, files: list[str], folder: Path, given: Given) -> list:
    """CPU ms an image by stage; images and MB a second of decoding and of find_spots; their ratios."""
    stages = Path(__file__).with_name("image_stages.py")
    options = ["--nproc", str(given.nproc), "--repeat", str(given.repeat)]
    said = run([sys.executable, str(stages), "imported.expt", *options], folder).output
    told = json.loads(said.splitlines()[-1])
    n, size = told["images"], told["pixels"] * 4e-6
    (cpu, wall), (cpu_all, wall_all) = told["decode"], told["find_spots"]
    return [
        kind, f"{stored_bytes(files) / n * 1e-6:.1f}", *(f"{told['stages'][s] / n * 1e3:.1f}" for s in STAGES),
        f"{decoding_elsewhere(files) / n * 1e3:.1f}",
        f"{n / wall:.0f}", f"{n / wall * size:.0f}", f"{n / wall_all:.0f}", f"{n / wall_all * size:.0f}",
        f"{wall_all / wall:.2f}", f"{cpu_all / cpu:.2f}",
    ]  # fmt: skip


def peer_row(kind: str, files: list[str], folder: Path, given: Given) -> list:
    """The command beside DIALS: CPU, wall, peak memory, ratios, strong pixels of both and how many are the same."""
    ours = run([*program("gnomon", "find_spots"), "imported.expt", f"nproc={given.nproc}"], folder)
    mine = [f"{ours.cpu:.2f}", f"{ours.wall:.2f}", f"{ours.memory:.0f}"]
    if not given.peer:
        return [kind, *mine, *["-"] * 8]
    os.environ.setdefault("HDF5_PLUGIN_PATH", hdf5plugin.PLUGINS_PATH)  # DIALS as Debian has it brings no bitshuffle
    where = folder / "dials"
    where.mkdir(exist_ok=True)
    run([*program("dials", "import"), *files], where)
    theirs = run([*program("dials", "find_spots"), "imported.expt", f"nproc={given.nproc}"], where)
    boxes = ["output.shoeboxes=true", "output.reflections=boxes.refl"]
    run([*program("gnomon", "find_spots"), "imported.expt", *boxes], folder)
    width, height = KINDS[kind]["image_size"]
    a, b = (strong_pixels(p, width, height) for p in (folder / "boxes.refl", where / "strong.refl"))
    same = len(np.intersect1d(a, b, assume_unique=True))
    return [
        kind, *mine, f"{theirs.cpu:.1f}", f"{theirs.wall:.1f}", f"{theirs.memory:.0f}",
        f"{theirs.cpu / ours.cpu:.1f}", f"{theirs.wall / ours.wall:.1f}", len(a), len(b),
        f"{100 * same / max(len(a), len(b)):.4f}",
    ]  # fmt: skip


def memory_rows(kind: str, folder: Path, given: Given) -> list[list]:
    """Peak memory of find_spots for the images as they are and repeated to ``given.memory``."""
    rows = []
    for n in (given.images, given.memory):
        work = folder / f"repeated-{n}"
        path = repeated(folder / "imported.expt", work, n)
        done = run([*program("gnomon", "find_spots"), path.name, f"nproc={given.nproc}"], work)
        rows.append([kind, n, len(read_reflections(work / "strong.refl")), f"{done.memory:.0f}", f"{done.cpu:.1f}"])
    return rows


def tables(kinds: list[str], given: Given) -> list[str]:
    """All that is measured, as text."""
    stages, commands, memory = [], [], []
    for kind in kinds:
        folder = given.folder / kind
        files = simulated(kind, folder, given.images, given.nproc)
        run([*program("gnomon", "import"), *files], folder)
        stages.append(stage_row(kind, files, folder, given))
        commands.append(peer_row(kind, files, folder, given))
        if given.memory:
            memory += memory_rows(kind, folder, given)
    n = f"{given.images} images, {given.nproc} workers"
    return [
        text_table(
            f"Stages, CPU ms an image; decoding alone and find_spots without its start, {n}",
            [
                "",
                "MB packed",
                *STAGES,
                "fabio, h5py",
                "decode /s",
                "MB/s",
                "find_spots /s",
                "MB/s",
                "wall ratio",
                "CPU ratio",
            ],
            stages,
        ),
        text_table(
            f"The command find_spots beside DIALS 3.12.1: CPU s, wall s, peak MB, {n}",
            ["", "CPU", "wall", "MB", "DIALS CPU", "wall", "MB", "CPU x", "wall x", "strong px", "DIALS", "same %"],
            commands,
        ),
        *([text_table("Peak memory", ["", "images", "spots", "MB", "CPU s"], memory)] if memory else []),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", default=list(FULL), metavar="KIND")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--nproc", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--memory", type=int, default=0)
    parser.add_argument("--only-gnomon", action="store_true")
    asked = parser.parse_args()
    unknown = sorted(set(asked.kinds) - set(KINDS))
    if unknown:
        parser.error(f"no such kind: {', '.join(unknown)}; there are {', '.join(KINDS)}")
    with tempfile.TemporaryDirectory(prefix="images-") as scratch:
        folder = (asked.folder or Path(scratch)).resolve()
        peer = has_dials() and not asked.only_gnomon
        given = Given(folder, asked.images, asked.nproc, asked.repeat, asked.memory, peer)
        print("\n\n".join(tables(asked.kinds, given)))


if __name__ == "__main__":
    main()
