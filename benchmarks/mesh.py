"""Mesh scans as they are: 30 wedges of three species, a third of them flawed, through ``gnomon process``.

For each seed: whether it came to its end, good wedges that are in no cluster, wedges in a cluster of another species,
and the clusters' Rmeas and completeness beside those of a run on the unflawed wedges alone.

    python benchmarks/mesh.py --seeds 20            # small images; hours on two cores
    python benchmarks/mesh.py --seeds 1 --wedges 4
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gnomon.distribute.workers import Workers, available_cpus
from gnomon.simulate.crystals import simulate_crystals
from gnomon.simulate.species_params import CrystalsParams

FLAWS = ("two", "ice", "empty", "leaves", "cell", "mosaic", "damaged", "dim", "leaves")
SMALL = {
    "image_size": (487, 407), "distance": 95.0, "images": 10, "width": 1.0, "mosaicity": 0.12, "wilson_b": 28.0,
    "mean_intensity": 150.0, "compress": False,
}  # fmt: skip
GOOD = ("cow", "pig", "human")


def run(folder: Path, images: list[Path], workers: int) -> tuple[bool, str]:
    """Whether process came to its end, and what it said."""
    folder.mkdir()
    command = [sys.executable, "-m", "gnomon", "process", f"nproc={workers}", "many=true", *map(str, images)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stdout + done.stderr


def clusters(said: str) -> dict[str, list[str]]:
    """The members of each cluster, by what process said last."""
    found: dict[str, list[str]] = {}
    rows = said.partition("What each sweep gave")[2].partition("\n\n")[0].splitlines()
    for row in rows:
        where = row.rstrip().rpartition(" ")[2]
        if where.startswith("cluster_"):
            found.setdefault(where, []).append(row.split("  ")[0])
    return found


def figures(said: str) -> list[tuple[str, float, float]]:
    """(cluster, completeness in %, Rmeas) as process compared them."""
    table = said.partition("Clusters compared")[2].partition("\n\n")[0].splitlines()
    rows = [line.split() for line in table if line.startswith("cluster_")]
    return [(row[0], float(row[-6].rstrip("%")), float(row[-3])) for row in rows]


def one_seed(seed: int, wedges: int, workers: int) -> dict[str, object]:
    """What one mesh scan gave, with its flawed wedges and without."""
    with tempfile.TemporaryDirectory() as name:
        folder, started = Path(name), time.perf_counter()
        params = CrystalsParams(**SMALL, species=GOOD, wedges=wedges, flaws=FLAWS, seed=seed)
        truth = simulate_crystals(params, folder / "images", workers=Workers(workers))
        species = {n: truth.species_names[k] for n, k in zip(truth.names, truth.species)}
        images = sorted((folder / "images").glob("*.cbf"))
        ended, said = run(folder / "all", images, workers)
        _, alone = run(folder / "good", [p for p in images if p.name.startswith(GOOD)], workers)
        members = clusters(said)
    good = {n for n in truth.names if n.startswith(GOOD)}
    held = {n for names in members.values() for n in names}
    wrong = []
    for names in members.values():
        kinds = [species[n.partition(" ")[0]] for n in names]
        most = max(set(kinds), key=kinds.count)
        wrong += [n for n, kind in zip(names, kinds) if kind != most]
    return {
        "seed": seed, "ended": ended, "lost": sorted(good - held), "wrong": wrong, "clusters": members,
        "all": figures(said), "good alone": figures(alone), "seconds": round(time.perf_counter() - started),
    }  # fmt: skip


def main() -> None:
    """A line a seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--wedges", type=int, default=7, help="good ones of each of three species")
    parser.add_argument("--workers", type=int, default=available_cpus())
    asked = parser.parse_args()
    for seed in range(asked.first, asked.first + asked.seeds):
        print(json.dumps(one_seed(seed, asked.wedges, asked.workers)), flush=True)


if __name__ == "__main__":
    main()
