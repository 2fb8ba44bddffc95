"""gnomon watch beside a program that writes images: what is known when, and whether it is what process makes of them.

    python benchmarks/live.py sweep         # 360 images of 1 Mpx at 10 Hz: s from the last to merged data; Rmeas
    python benchmarks/live.py wedges        # 12 wedges of 3 species: s from the last to clusters; do they agree?
    python benchmarks/live.py lattices      # 20 crystals: the degrees after which the right lattice is known
    python benchmarks/live.py killed        # killed with SIGKILL on the way and typed again: the same bytes

``--small``: fewer and smaller images, as the tests have them. ``--folder``: keep the images there, for the next time.
Says the load of the machine and the CPU seconds too: what else runs on two cores makes all of it later.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gnomon.distribute.workers import Workers
from gnomon.simulate.assess.frame import basis_change
from gnomon.simulate.crystals import simulate_crystals
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.params import SimulateParams
from gnomon.simulate.species_params import CrystalsParams
from gnomon.simulate.truth import Truth, load_truth

EPOCH = {"SOURCE_DATE_EPOCH": "1796000000"}
RATE = 10.0  # images a second
LYSOZYME: dict[str, Any] = {"cell": (79.0, 79.0, 38.0, 90.0, 90.0, 90.0), "space_group": "P43212"}
SWEEP: dict[str, Any] = {
    **LYSOZYME,
    "image_size": (981, 1043),
    "distance": 220.0,
    "mean_intensity": 300.0,
    "width": 0.5,
}
SMALL: dict[str, Any] = {"image_size": (487, 407), "distance": 100.0, "width": 1.0, "mean_intensity": 300.0}
CRYSTALS: tuple[dict[str, Any], ...] = (
    LYSOZYME,
    {"cell": (57.0, 68.0, 112.0, 90.0, 90.0, 90.0), "space_group": "P212121"},
    {"cell": (92.0, 48.0, 61.0, 90.0, 105.0, 90.0), "space_group": "C2"},
    {"cell": (42.0, 51.0, 63.0, 82.0, 97.0, 105.0), "space_group": "P1"},
)
"""Of the seeds in turn."""


@dataclass(frozen=True)
class Watched:
    """What ``gnomon watch`` told: its objects in order, each with the time (s since 1970) at which it was read; the
    time of the last image, the CPU seconds of all, and those used after the last image had been told."""

    told: list[tuple[float, dict[str, Any]]]
    last_written: float
    cpu: float
    cpu_after: float

    def after(self, name: str) -> list[tuple[float, Any]]:
        """The objects of a name, and s after the last image at which they came."""
        return [(at - self.last_written, told[name]) for at, told in self.told if name in told]


def write_images(paths: Sequence[Path], folder: Path, rate: float, last: Any) -> None:
    """Write copies at ``rate`` a second, and tell when the last was written."""
    start = time.time()
    for i, path in enumerate(paths):
        data = path.read_bytes()
        time.sleep(max(0.0, start + i / rate - time.time()))
        part = folder / f".{path.name}"
        part.write_bytes(data)
        part.rename(folder / path.name)
    last.value = time.time()


def cpu_of(pid: int) -> float:
    """The CPU seconds of a process so far, its threads included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def watch(paths: Sequence[Path], folder: Path, *words: str, rate: float = RATE) -> Watched:
    """``gnomon watch`` in ``folder`` while another process writes the images into ``folder/data``."""
    data = folder / "data"
    data.mkdir(parents=True)
    last = multiprocessing.Value("d", 0.0)
    command = [sys.executable, "-m", "gnomon", "watch", "data", f"images={len(paths)}", "--json", *words]
    run = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True, env={**os.environ, **EPOCH})
    writer = multiprocessing.Process(target=write_images, args=(paths, data, rate, last))
    writer.start()
    told, cpu, cpu_last, n = [], 0.0, 0.0, 0
    assert run.stdout is not None
    for line in run.stdout:
        told.append((time.time(), json.loads(line)))
        n += "image" in told[-1][1]
        cpu = cpu_of(run.pid)
        cpu_last = cpu if n <= len(paths) and "image" in told[-1][1] else cpu_last
    writer.join()
    if run.wait():
        sys.exit(f"watch ended with {run.returncode}: {(folder / 'gnomon.watch.log').read_text()[-400:]}")
    return Watched(told, last.value, cpu, cpu - cpu_last)


def process(paths: Sequence[Path], folder: Path) -> dict[str, Any]:
    """What ``gnomon process`` makes of the same images: the summaries of its last steps, by step."""
    folder.mkdir(parents=True, exist_ok=True)
    run = subprocess.run(
        [sys.executable, "-m", "gnomon", "process", *map(str, paths)], cwd=folder, capture_output=True, text=True
    )
    if run.returncode:
        sys.exit(f"process ended with {run.returncode}: {run.stdout[-400:]}{run.stderr[-400:]}")
    record = json.loads((folder / "gnomon.process.json").read_text())
    return {f"{step['part']}{step['step']}": step["summary"] for step in record["steps"]}


def sweep_images(folder: Path, n: int, **params: Any) -> list[Path]:
    """The images of one simulated sweep."""
    if not (folder / "truth.json").is_file():
        simulate_dataset(SimulateParams(images=n, **params), folder, workers=Workers(2))
    return sorted(folder.glob("sim_*.cbf"))


def sweep(folder: Path, *, small: bool) -> dict[str, Any]:
    """One sweep, live and offline."""
    params = {**LYSOZYME, **SMALL} if small else SWEEP
    paths = sweep_images(folder / ("small" if small else "sweep"), 90 if small else 360, **params)
    with tempfile.TemporaryDirectory() as scratch:
        live = watch(paths, Path(scratch) / "live")
        offline = process(paths, Path(scratch) / "offline")
    after, merged = next(row for row in live.after("merged") if row[1]["final"])
    lattice = next(found for _, found in live.after("lattice") if found["cell"])
    r_meas, offline_r = merged["parts"][0]["r_meas"], offline["scale"]["overall"]["r_meas"]
    return {
        "images": len(paths),
        "lattice after, degrees": lattice["degrees"],
        "merged on the way": len(live.after("merged")) - 1,
        "merged, s after the last image": round(after, 2),
        "CPU s after the last image": round(live.cpu_after, 2),
        "CPU s in all": round(live.cpu, 1),
        "Rmeas": r_meas,
        "Rmeas of process": round(offline_r, 5),
        "Rmeas, % off": round(100 * abs(r_meas / offline_r - 1), 3),
        "completeness": merged["parts"][0]["completeness"],
        "completeness of process": round(offline["scale"]["overall"]["completeness"], 4),
        "space groups": [merged["space_group"], offline["scale"]["space_group"]],
    }


def wedges(folder: Path, *, small: bool) -> dict[str, Any]:
    """Wedges of three species, one after the other, live and offline."""
    images = folder / ("small_wedges" if small else "wedges")
    size: dict[str, Any] = {"wedges": 2 if small else 4, "compress": False}
    if small:
        size |= {"image_size": (487, 407), "distance": 100.0, "images": 15, "width": 1.0}
    if not (images / "truth.json").is_file():
        simulate_crystals(CrystalsParams(**size), images, workers=Workers(2))
    paths = [path for name in _shuffled(images) for path in sorted(images.glob(f"{name}_[0-9]*.cbf"))]
    with tempfile.TemporaryDirectory() as scratch:
        live = watch(paths, Path(scratch) / "live", f"sweeps={len(_shuffled(images))}")
        offline = process(paths, Path(scratch) / "offline")
    after, merged = next(row for row in live.after("merged") if row[1]["final"])
    found = sorted(sorted(part["sweeps"]) for part in merged["parts"])
    summary = offline["correlation_matrix"]
    expected = sorted(sorted(summary["names"][k] for k in c["members"]) for c in summary["clusters"])
    return {
        "wedges": len(_shuffled(images)),
        "clusters, s after the last image": round(after, 2),
        "CPU s after the last image": round(live.cpu_after, 2),
        "CPU s in all": round(live.cpu, 1),
        "clusters": found,
        "clusters of process": expected,
        "the same": found == expected,
        "advice": [told["why"] for _, told in live.after("advice")],
    }


def _shuffled(images: Path) -> list[str]:
    """The crystals, species in turn, as nobody sorts them at a beamline."""
    names = sorted({path.name.rpartition("_")[0] for path in images.glob("*.cbf")})
    return sorted(names, key=lambda name: (name.rpartition("_")[2], name))


def lattices(folder: Path, seeds: Sequence[int]) -> dict[str, Any]:
    """For each seed the degrees after which the right lattice is known, none where it is not within 60."""
    found: dict[int, float | None] = {}
    for seed in seeds:
        crystal = {**CRYSTALS[seed % len(CRYSTALS)], **SMALL}
        images = folder / f"seed_{seed}"
        paths = sweep_images(images, 62, seed=seed, **crystal)
        found[seed] = _right_lattice(paths, load_truth(images))
    right = [x for x in found.values() if x is not None]
    return {"seeds": len(found), "right": len(right), "degrees": found}


def _right_lattice(paths: Sequence[Path], truth: Truth) -> float | None:
    """Degrees after which the lattice is the true one, and stays it."""
    from gnomon.models.segments import segment
    from gnomon.pipeline import STAGES
    from gnomon.process.live.pace import Pace
    from gnomon.process.live.sweep import Given, SweepState, advance
    from gnomon.step import Context
    from gnomon.steps.find_spots.bad_images import Flood
    from gnomon.steps.find_spots.looked_at import LookedAt
    from gnomon.steps.find_spots.params import FindSpotsParams
    from gnomon.steps.find_spots.step import Looks

    context, params = Context(workers=Workers(2)), FindSpotsParams()
    (experiment,) = STAGES["import"]([str(p) for p in paths]).experiments
    looks = Looks(experiment, 0, params, Flood(len(paths), 1.0))
    seen = {n: LookedAt(*both) for n, both in zip(looks.images, looks.looked_at(context.workers))}
    (first, last), width = experiment.image_range, experiment.needed_scan.oscillation[1]
    state, right, pace = SweepState(first, first - 1), None, Pace.of(width)
    while (goal := pace.next(first - 1, state.reached)) < last:
        state = advance(state, Given(segment(experiment, first, goal), seen, params, {}, context))
        if state.model is None or not _is_true(state.model.needed_crystal, truth):
            right = None
        elif right is None:
            right = (goal - first + 1) * width
    return right


def _is_true(crystal: Any, truth: Truth) -> bool:
    """Whether the lattice is the true one: its nodes are the true ones, and none is left out."""
    T = basis_change(crystal, truth)
    exact = np.linalg.solve(np.array(truth.numbers["A"]), crystal.A)
    centring = 2 if str(truth.numbers["space_group"]).startswith("C") else 1
    return bool(np.abs(exact - T).max() < 0.02 and abs(abs(np.linalg.det(T)) - centring) < 1e-6)


def killed(folder: Path, *, small: bool) -> dict[str, Any]:
    """A run that is killed when half of the images are told and typed again, beside one that nobody stopped."""
    params = {**LYSOZYME, **SMALL} if small else SWEEP
    paths = sweep_images(folder / ("small" if small else "sweep"), 90 if small else 360, **params)
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch) / "place"  # the same for both: the names of images are in the files
        watch(paths, place, rate=30.0)
        wanted = sums(place)
        shutil.rmtree(place)
        merged = killed_and_typed_again(paths, place)
        found = sums(place)
    differ = [name for name in wanted if wanted[name] != found.get(name)]
    return {"files": sorted(wanted), "the same": found == wanted, "differ": differ, "images when killed": merged}


def killed_and_typed_again(paths: Sequence[Path], folder: Path) -> int:
    """How many images had been told when ``gnomon watch`` was killed; then it was typed again, and ended well."""
    (folder / "data").mkdir(parents=True)
    command = [sys.executable, "-m", "gnomon", "watch", "data", f"images={len(paths)}", "--json"]
    how: dict[str, Any] = {"cwd": folder, "env": {**os.environ, **EPOCH}}
    run = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **how)
    last = multiprocessing.Value("d", 0.0)
    writer = multiprocessing.Process(target=write_images, args=(paths, folder / "data", 30.0, last))
    writer.start()
    told = 0
    assert run.stdout is not None
    for line in run.stdout:
        told += "image" in json.loads(line)
        if told > len(paths) // 2:
            break
    run.kill()
    run.wait()
    subprocess.run(command, check=True, capture_output=True, **how)
    writer.join()
    return told


def sums(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file of data."""
    paths = [path for path in sorted(folder.glob("*.*")) if path.suffix in (".expt", ".refl", ".mtz")]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("sweep", "wedges", "lattices", "killed"))
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--folder", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.folder or Path(scratch)
        if args.what == "lattices":
            figures = lattices(folder, range(1, args.seeds + 1))
        else:
            figures = {"sweep": sweep, "wedges": wedges, "killed": killed}[args.what](folder, small=args.small)
    print(json.dumps({"load": round(os.getloadavg()[0], 1), **figures}, indent=1))


if __name__ == "__main__":
    main()
