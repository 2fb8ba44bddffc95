"""Are scaled sigmas right? Spread of (I - truth) / sigma over many simulated seeds of several kinds.

usage: python benchmarks/sigmas.py [KIND ...] [--seeds N] [--first SEED] [--control] [--dials FOLDER]

Kinds are those of gnomon.simulate.sigma_kinds: integrated tables without images, scaled with default parameters (the
anomalous ones also with anomalous=true). A row a kind, the seeds' observations together: the lowest and the highest
spread of the tenths by resolution, the tenths by true intensity and the classes of partiality that hold 300
observations or more (a star outside .95 to 1.05); r.m.s. errors over r.m.s. sigmas by resolution and partiality (one
for honest sigmas of a few counts, too, whose pulls have no spread of one); partial and whole intensities over the
truth; and sigmas that are not .1 to 10 times the integrated ones. The first number is that of the observations, the
second of those in the smallest class: a spread of n is known to 1 / sqrt(n).

--control: two rows more. By true variances: what sigmas would show that know the true intensity, the background and
the error of the scale. Counts come in whole numbers, so even these have no spread of one where an observation has about
one. And what is printed, of reflections whose equivalents together are to have 8 counts or more, background included:
where they have fewer, nothing in the data tells what the variance of an observation is.
--dials: dials.scale on the same tables too, in that folder.
"""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.refl import read_reflections, write_reflections
from gnomon.maths.crystal.symmetry import space_group
from gnomon.maths.intensities.merging import group_equivalents
from gnomon.models.flags import Flag
from gnomon.report.table import text_table
from gnomon.simulate.assess.pulls import FEWEST, Pulls, pulls_of
from gnomon.simulate.integrated import FIT_GAIN
from gnomon.simulate.sigma_kinds import SIGMA_KINDS
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges
from gnomon.step import Result
from gnomon.steps.scale.params import ScaleParams
from gnomon.steps.scale.step import scale

HEADS = [
    "kind", "n", "least", "by resolution", "by intensity", "by partiality", "errors/sigmas", "partial/true",
    "whole/true", "odd sigmas",
]  # fmt: skip
_BOUNDS = (0.95, 1.05)
ENOUGH_COUNTS = 8
"""Of all equivalents of a reflection, from which they tell the variance of each to 10 % of its sigma."""


def gnomon_pulls(params: WedgesParams, anomalous: bool) -> Pulls:
    """Of one seed, scaled in this process."""
    experiments, table, truth = integrated_wedges(params)
    result = scale(experiments, table, ScaleParams(anomalous=anomalous))
    return pulls_of(result.experiments, result.reflections, truth.row_intensity)


@dataclass(frozen=True, eq=False)
class Control:
    """The same observations with sigmas that know the truth, and what the equivalents of each are to count, (N,)."""

    pulls: Pulls
    counts: np.ndarray


def control(scaled: Result, params: WedgesParams, true: np.ndarray) -> Control:
    """Of a scaled table; true: (n_rows,) intensities."""
    told = pulls_of(scaled.experiments, scaled.reflections, true)
    table = scaled.reflections
    use = table.has(Flag.SCALED) & ~table.has(Flag.BAD_FOR_SCALING) & (table["inverse_scale_factor"] > 0)
    table, true = table.select(use), true[use]
    g, fitted = table["inverse_scale_factor"], table["intensity.prf.variance"] > 0
    gain = table["lp"] / table["qe"] / table["partiality"]
    counts = told.true * g / gain
    under = np.where(fitted, FIT_GAIN, 1.0) * table["background.sum.value"]
    proportional = (params.fluctuation * told.true * g) ** 2 + table["inverse_scale_factor_variance"] * told.true**2
    variance = np.maximum(gain**2 * (counts + under) + proportional, 1e-12)  # absent reflections: none, and no error
    known = pulls_of(scaled.experiments, table.with_columns({"intensity.scale.variance": variance}), true)
    groups = group_equivalents(table["miller_index"], space_group(params.space_group))
    return Control(known, groups.sum(counts + under)[groups.label])


def control_rows(name: str, params: WedgesParams, seeds: Sequence[int]) -> list[list[str]]:
    """By true variances, and as printed where reflections have counts enough."""
    known, enough = [], []
    for seed in seeds:
        experiments, table, truth = integrated_wedges(params.changed(seed=seed))
        scaled = scale(experiments, table, ScaleParams())
        found = control(scaled, params, truth.row_intensity)
        known.append(found.pulls)
        printed = pulls_of(scaled.experiments, scaled.reflections, truth.row_intensity)
        enough.append(printed.select(np.flatnonzero(found.counts >= ENOUGH_COUNTS)))
    return [
        row(f"{name}, by true variances", Pulls.together(known)),
        row(f"{name}, of {ENOUGH_COUNTS} counts or more", Pulls.together(enough)),
    ]


def dials_pulls(params: WedgesParams, folder: Path) -> Pulls | None:
    """Of one seed, scaled by dials.scale in ``folder``; None where it failed."""
    folder.mkdir(parents=True, exist_ok=True)
    experiments, table, truth = integrated_wedges(params)
    table = table.with_columns({"intensity.prf.variance": np.maximum(table["intensity.prf.variance"], 0.0)})
    write_experiments(folder / "integrated.expt", experiments)
    write_reflections(folder / "integrated.refl", table)
    command = ["dials.scale", "integrated.expt", "integrated.refl", "nproc=1"]
    subprocess.run(command, cwd=folder, capture_output=True, check=False)
    if not (folder / "scaled.refl").is_file():
        return None
    scaled = read_reflections(folder / "scaled.refl")
    true = np.zeros(int(table["partial_id"].max()) + 1)
    true[table["partial_id"]] = truth.row_intensity
    return pulls_of(read_experiments(folder / "scaled.expt"), scaled, true[scaled["partial_id"]])


def row(name: str, pulls: Pulls) -> list[str]:
    """The figures of a kind."""
    least = min(len(rows) for classes in pulls.classes().values() for rows in classes if len(rows) >= FEWEST)
    cells = [name, str(len(pulls.deviation)), str(least)]
    cells += [_range(spreads) for spreads in pulls.spreads().values()]
    ratios = pulls.errors_over_sigmas()
    cells.append(_range([*ratios["resolution"], *ratios["partiality"]]))
    ratios = (pulls.ratio(0, 0.95), pulls.ratio(0.95, 1))
    return [*cells, *(f"{r:.3f}" for r in ratios), str(pulls.odd_sigmas)]


def _range(values: Sequence[float]) -> str:
    low, high = np.nanmin(values), np.nanmax(values)
    return f"{low:.3f}-{high:.3f}{'' if _BOUNDS[0] <= low and high <= _BOUNDS[1] else '*'}"


def rows_of(name: str, params: WedgesParams, seeds: Sequence[int], dials: Path | None) -> list[list[str]]:
    """Rows of one kind, the seeds together."""
    found = []
    for anomalous in (False, True) if params.anomalous else (False,):
        parts = [gnomon_pulls(params.changed(seed=seed), anomalous) for seed in seeds]
        found.append(row(f"{name}, anomalous=true" if anomalous else name, Pulls.together(parts)))
    if dials is not None:
        made = [dials_pulls(params.changed(seed=seed), dials / f"{name}_{seed}".replace(" ", "_")) for seed in seeds]
        known = [m for m in made if m is not None]
        if known:
            found.append(row(f"{name}, dials.scale ({len(known)} of {len(made)} seeds)", Pulls.together(known)))
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", default=list(SIGMA_KINDS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=1, help="the first seed: one never used shows what was fitted")
    parser.add_argument("--dials", type=Path)
    parser.add_argument("--control", action="store_true")
    given = parser.parse_args()
    rows, seeds = [], range(given.first, given.first + given.seeds)
    for name in given.kinds:
        rows += rows_of(name, SIGMA_KINDS[name], seeds, given.dials)
        rows += control_rows(name, SIGMA_KINDS[name], seeds) if given.control else []
        print("  ".join(rows[-1]), flush=True)
    print(text_table(f"spread of (I - truth) / sigma, {given.seeds} seeds a kind", HEADS, rows))


if __name__ == "__main__":
    main()
