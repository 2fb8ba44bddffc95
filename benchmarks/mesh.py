"""Mesh scans as they are: 30 wedges of three species, a third of them flawed, through ``gnomon process``.

For each seed: whether it came to its end, good wedges that are in no cluster, wedges in a cluster of another species,
and the figures of each cluster beside those of the unflawed wedges alone (compared, clustered and scaled anew from
the same integrated intensities: beam and detector, refined with all, move by less than 0.002 mm).

    python benchmarks/mesh.py --seeds 20            # small images; 2 CPU minutes a seed
    python benchmarks/mesh.py --seeds 1 --wedges 4

A seed fails where in a cluster, against the unflawed alone,

- R against the truth, of the reflections that both have, Rmeas or Rpim is more than 5 % higher;
- the mean I/sigma, the completeness or CC1/2 is more than 5 % lower;
- Rmeas of the unflawed members' own observations, as they stand in the merged set, is more than 5 % higher: the
  flawed ones spoilt the scales of the good;
- a member scatters beyond its errors (``suspect``): that would be wrong intensities, not weak ones.

Rmeas is the mean scatter of an *observation*, and rises by right where weaker ones are added, by which a weighted mean
can only become better. What adds next to nothing is not merged (``light``, a share of the observations); members that
raise Rmeas all the same are named by ``process`` (``named``), and ``rmeas_of_rest`` is without these.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gnomon.distribute.workers import Workers, available_cpus
from gnomon.io.expt import read_experiments
from gnomon.io.refl import read_reflections
from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.crystal.symmetry import space_group, to_asu
from gnomon.maths.data_sets.data_set import median_cell, scaled_intensities
from gnomon.maths.intensities.agreement import Observed, r_meas
from gnomon.maths.intensities.merging import group_equivalents, merge
from gnomon.maths.intensities.shells import shells_by_count
from gnomon.maths.intensities.statistics import merging_statistics
from gnomon.maths.numerics.tally import Tally, ratio
from gnomon.models.flags import Flag
from gnomon.models.names import data_set_names
from gnomon.models.subset import subset
from gnomon.process.many import many_crystals
from gnomon.process.params import ProcessParams
from gnomon.process.rmeas import TOO_MUCH, who_raise_rmeas
from gnomon.process.runner import Runner
from gnomon.simulate.crystals import simulate_crystals
from gnomon.simulate.series_truth import SeriesTruth
from gnomon.simulate.species_params import CrystalsParams
from gnomon.step import HERE, Data

FLAWS = ("two", "ice", "empty", "leaves", "cell", "mosaic", "damaged", "dim", "leaves")
SMALL = {
    "image_size": (243, 203), "distance": 75.0, "images": 10, "width": 1.0, "mosaicity": 0.12, "wilson_b": 28.0,
    "mean_intensity": 150.0, "compress": False,
}  # fmt: skip
GOOD = ("cow", "pig", "human")
WORSE = 0.05  # relative, of any figure of a cluster, against the unflawed alone
SHELLS, FEWEST = 10, 50  # of resolution, in which merged intensities are brought to the scale of the truth


@dataclass(frozen=True, eq=False)
class Cluster:
    """A scaled cluster: its figures, its members by wedge, and its merged intensities on the scale of the truth."""

    species: int
    members: list[str]
    figures: dict[str, float]
    named: list[str]  # by process, as raising Rmeas
    merged: dict[tuple[int, ...], tuple[float, float]]  # hkl: intensity, truth

    def error(self, common: set[tuple[int, ...]]) -> float:
        """R against the truth over some of the reflections: sum |I - I_true| / sum I_true."""
        pairs = np.array([self.merged[h] for h in common])
        return float(np.abs(pairs[:, 0] - pairs[:, 1]).sum() / pairs[:, 1].sum())


def wedge(name: str) -> str:
    """The wedge of a data set: ``two_01 (2)`` is the second lattice of ``two_01``."""
    return name.partition(" ")[0]


def cluster_of(scaled: Data, truth: SeriesTruth) -> Cluster:
    """What a scaled cluster holds."""
    names = data_set_names(scaled.experiments)
    species = [int(truth.species[truth.names.index(wedge(n))]) for n in names]
    most = max(set(species), key=species.count)
    good = [i for i, n in enumerate(names) if n.startswith(GOOD)]
    table = scaled.reflections
    usable, intensity, variance = scaled_intensities(table)
    observed = (table["miller_index"][usable], intensity[usable], variance[usable])
    group = space_group(scaled.experiments[0].needed_crystal.hall_symbol)
    cell = median_cell(scaled.experiments)
    overall = merging_statistics(observed, cell, group).overall
    own = np.isin(table["id"][usable], good)
    raising = who_raise_rmeas(scaled)
    named = [member.name for member in raising]
    rest = ~np.isin(table["id"][usable], [names.index(n) for n in named])
    figures = {
        "completeness": float(overall.completeness[0]), "multiplicity": float(overall.multiplicity[0]),
        "i_over_sigma": float(overall.i_over_sigma[0]), "cc_half": float(overall.cc_half[0]),
        "rmeas": float(overall.r_meas[0]), "rpim": float(overall.r_pim[0]),
        "rmeas_of_good": rmeas_of(observed, own, group), "rmeas_of_rest": rmeas_of(observed, rest, group),
        "suspect": sum(member.squared > TOO_MUCH for member in raising),
        "outliers": float(table.has(Flag.OUTLIER_IN_SCALING).mean()),
        "light": float((table.has(Flag.SCALED) & table.has(Flag.EXCLUDED_FOR_SCALING)).mean()),
    }  # fmt: skip
    return Cluster(most, names, figures, named, merged(scaled, observed, truth, most))


def rmeas_of(observed: Sequence[np.ndarray], rows: np.ndarray, group: object) -> float:
    """Rmeas of some of the observations, as they are scaled among all."""
    hkl, intensity, variance = (values[rows] for values in observed)
    if not len(hkl):
        return float("nan")
    groups = group_equivalents(hkl, group)
    return r_meas(Observed(groups, intensity, variance))


def merged(
    scaled: Data, observed: Sequence[np.ndarray], truth: SeriesTruth, species: int
) -> dict[tuple[int, ...], tuple[float, float]]:
    """Merged and true intensity of each reflection that both know, the first on the scale of the second in shells.

    In the indices of the truth, by the orientation of a member: all members are to be in one setting.
    """
    names = data_set_names(scaled.experiments)
    pick = next((i for i, n in enumerate(names) if n.startswith(GOOD)), 0)
    P = truth.setting_of(truth.names.index(wedge(names[pick])), scaled.experiments[pick].needed_crystal.A)
    group = space_group(truth.space_group)
    groups = group_equivalents(np.rint(observed[0] @ P).astype(np.int32), group)
    mean = merge(groups, observed[1], observed[2]).intensity
    known = {tuple(h): i for h, i in zip(to_asu(truth.hkl, group)[0].tolist(), truth.intensity[species].tolist())}
    rows = [k for k, h in enumerate(groups.hkl.tolist()) if tuple(h) in known]
    hkl, mean = groups.hkl[rows], mean[rows]
    true = np.array([known[tuple(h)] for h in hkl.tolist()])
    d = d_spacing(hkl, truth.cell[0])
    shells = shells_by_count(d, SHELLS, FEWEST)
    tally = Tally(shells.of(d), len(shells))
    scale = ratio(tally.sum(true), tally.sum(mean))[np.maximum(shells.of(d), 0)]
    return {tuple(h): (float(a), float(b)) for h, a, b in zip(hkl.tolist(), mean * scale, true)}


def run(folder: Path, images: list[Path], workers: int) -> tuple[bool, str]:
    """Whether process came to its end, and what it said."""
    folder.mkdir()
    command = [sys.executable, "-m", "gnomon", "process", f"nproc={workers}", "many=true", *map(str, images)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stdout + done.stderr


def clusters_in(folder: Path, truth: SeriesTruth) -> list[Cluster]:
    """The clusters that process left in a folder."""
    found = []
    for path in sorted(folder.glob("cluster_*_scaled.expt")):
        scaled = Data(read_experiments(path), read_reflections(path.with_suffix(".refl")))
        found.append(cluster_of(scaled, truth))
    return found


def unflawed_alone(folder: Path, truth: SeriesTruth) -> list[Cluster]:
    """The clusters of the good wedges by themselves, from the intensities integrated with all."""
    experiments = read_experiments(folder / "integrated.expt")
    table = read_reflections(folder / "integrated.refl")
    good = [i for i, n in enumerate(data_set_names(experiments)) if n.startswith(GOOD)]
    part = Data(*subset(experiments, table, good))
    outcomes = many_crystals(Runner(HERE, None), part, ProcessParams(many=True), settled=False)
    return [cluster_of(o.result, truth) for o in outcomes if o.final and o.part]


def beside(cluster: Cluster, alone: Cluster) -> dict[str, object]:
    """The figures of both, R against the truth over the common reflections, and what is worse than is allowed."""
    common = set(cluster.merged) & set(alone.merged)
    ours = cluster.figures | {"r_true": cluster.error(common)}
    other = alone.figures | {"r_true": alone.error(common), "rmeas_of_rest": alone.figures["rmeas"]}
    lower = [k for k in ("i_over_sigma", "completeness", "cc_half") if ours[k] < (1 - WORSE) * other[k]]
    higher = [k for k in ("r_true", "rmeas", "rpim", "rmeas_of_good") if ours[k] > (1 + WORSE) * other[k]]
    higher += ["suspect"] * bool(ours["suspect"])
    rounded = {k: [float(f"{ours[k]:.4g}"), float(f"{other[k]:.4g}")] for k in ours}
    return {"members": cluster.members, "named": cluster.named, "all, good alone": rounded, "worse": lower + higher}


def cpu_seconds() -> float:
    """CPU of this process and of those that it has ended."""
    return sum(os.times()[:4])


def one_seed(seed: int, wedges: int, workers: int, kept: Path | None) -> dict[str, object]:
    """What one mesh scan gave, with its flawed wedges and without."""
    with tempfile.TemporaryDirectory() as name:
        folder, started = kept / f"seed_{seed}" if kept else Path(name), cpu_seconds()
        params = CrystalsParams(**SMALL, species=GOOD, wedges=wedges, flaws=FLAWS, seed=seed)
        truth = simulate_crystals(params, folder / "images", workers=Workers(workers))
        ended, said = run(folder / "all", sorted((folder / "images").glob("*.cbf")), workers)
        (folder / "said.txt").write_text(said)
        clusters = clusters_in(folder / "all", truth) if ended else []
        alone = {c.species: c for c in (unflawed_alone(folder / "all", truth) if ended else [])}
    good = {n for n in truth.names if n.startswith(GOOD)}
    held = {n for c in clusters for n in c.members}
    wrong = [n for c in clusters for n in c.members if truth.species[truth.names.index(wedge(n))] != c.species]
    rows = [beside(c, alone[c.species]) for c in clusters if c.species in alone]
    return {
        "seed": seed, "ended": ended, "lost": sorted(good - held), "wrong": wrong, "n": [len(clusters), len(alone)],
        "fails": not ended or bool(good - held or wrong or len(clusters) != len(GOOD) or any(r["worse"] for r in rows)),
        "clusters": rows, "seconds": round(cpu_seconds() - started),
    }  # fmt: skip


def main() -> None:
    """A line a seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--wedges", type=int, default=7, help="good ones of each of three species")
    parser.add_argument("--workers", type=int, default=available_cpus())
    parser.add_argument("--keep", type=Path, help="folder in which images and files stay")
    asked = parser.parse_args()
    for seed in range(asked.first, asked.first + asked.seeds):
        print(json.dumps(one_seed(seed, asked.wedges, asked.workers, asked.keep)), flush=True)


if __name__ == "__main__":
    main()
