"""Symmetry where it misleads: tNCS, pseudo-symmetry, twins, damage, bad data sets among good; DIALS beside it.

usage: python benchmarks/symmetry.py [--cases WORD ...] [--seeds N] [--dials] [--key] [--folder DIR]
       python benchmarks/symmetry.py --calibration N [--first SEED]
       python benchmarks/symmetry.py --distortions [--seeds N]

A row a case: how many of the seeds end in the right Laue group and in a space group that is not refuted by what was
measured, the mean probability printed with them, and what else was found (twin fraction, translation, data sets that
were named as bad, rightly and wrongly). Then probabilities in bins against how often they are right. Tables are made
without images (gnomon.simulate.wedges), a second or two each. --dials runs dials.symmetry or dials.cosym on the same
tables, half a minute to two minutes each.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import gemmi
import numpy as np
from chain import program, timed

from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.refl import write_reflections
from gnomon.maths.crystal.symmetry import space_group
from gnomon.maths.laue_group.absences import candidates
from gnomon.maths.laue_group.summary import SymmetryFigures
from gnomon.pipeline import STAGES
from gnomon.report.table import text_table
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.symmetry_kinds import drawn
from gnomon.simulate.wedges import integrated_wedges
from gnomon.steps.cosym.summary import CosymSummary

ONE: dict[str, Any] = {
    "species": ("one",), "wedges": 1, "images": 90, "width": 1.0, "basis": "primitive", "d_min": 2.2,
    "distance": 120.0, "image_size": (619, 619), "crystal_cell": 0.0, "crystal_shift": 0.0,
}  # fmt: skip
"""One crystal, 90 degrees."""
MANY: dict[str, Any] = {
    "species": ("good",), "wedges": 20, "images": 20, "width": 0.5, "basis": "primitive", "d_min": 2.5,
    "distance": 120.0, "image_size": (487, 619), "cell": (50, 50, 60, 90, 90, 120), "space_group": "P31",
}  # fmt: skip
"""Twenty wedges of 10 degrees, indexed at random in a setting of the lattice."""
TETRAGONAL, P43, P31 = (
    {"cell": (60, 60, 40, 90, 90, 90), "space_group": "P43212"},
    {"cell": (50, 50, 60, 90, 90, 90), "space_group": "P43", "twin_law": "k,h,-l"},
    {"cell": (50, 50, 60, 90, 90, 120), "space_group": "P31", "twin_law": "k,h,-l"},
)
ORTHORHOMBIC = {"cell": (40, 50, 60, 90, 90, 90)}
PSEUDO = {"cell": (40, 50, 60, 90, 90.05, 90), "space_group": "P1211", "ncs": "x,-y,-z", "images": 180}
CASES: dict[str, dict[str, Any]] = {
    **{f"damage {b}": {**ONE, **TETRAGONAL, "decay_b": float(b)} for b in (0, 10, 25, 40)},
    "weak": {**ONE, **TETRAGONAL, "mean_intensity": 8.0},
    "absorption": {**ONE, **TETRAGONAL, "absorption": 0.5, "fluctuation": 0.03},
    "tNCS 0,0,1/2 P222": {**ONE, **ORTHORHOMBIC, "space_group": "P222", "ncs": "x,y,z+1/2", "ncs_shift": 0.5},
    "tNCS 0,0,1/2 P212121": {**ONE, **ORTHORHOMBIC, "space_group": "P212121", "ncs": "x,y,z+1/2", "ncs_shift": 0.5},
    "tNCS .3,0,1/2 P222": {**ONE, **ORTHORHOMBIC, "space_group": "P222", "ncs": "x+0.3,y,z+1/2", "ncs_shift": 0.5},
    "no tNCS P222": {**ONE, **ORTHORHOMBIC, "space_group": "P222"},
    **{f"pseudo-222 of P21, {s} A": {**ONE, **PSEUDO, "ncs_shift": s} for s in (0.1, 0.2, 0.3, 0.5)},
    **{f"P43 twin {a}": {**ONE, **P43, "twin_fraction": a} for a in (0.0, 0.1, 0.2, 0.3, 0.4, 0.45, 0.5)},
    **{f"P31 twin {a}": {**ONE, **P31, "twin_fraction": a} for a in (0.0, 0.1, 0.2, 0.3, 0.4, 0.45, 0.5)},
    "P321, no twin": {**ONE, "cell": (50, 50, 60, 90, 90, 120), "space_group": "P3121"},
    "20 good": MANY,
    "20 good, B 25": {**MANY, "decay_b": 25.0},
    **{f"20 good, {n} of another protein": {**MANY, "others": n} for n in (3, 8)},
    "18 good, 12 of another protein": {**MANY, "wedges": 18, "others": 12},
    **{f"20 good, {n} misindexed": {**MANY, "misindexed": n} for n in (3, 10)},
    **{f"20 good, {n} noise": {**MANY, "noise": n} for n in (3, 12)},
}
BINS = (0.0, 0.5, 0.8, 0.95, 0.99, 1.0001)
PRINTED = (0.0, 0.5, 0.7, 0.9, 0.99, 1.0001)
KEY = (
    "damage 25", "tNCS 0,0,1/2 P222", "pseudo-222 of P21, 0.1 A", "pseudo-222 of P21, 0.3 A", "P43 twin 0.3",
    "P43 twin 0.45", "P31 twin 0.4", "P31 twin 0.45", "20 good, 3 of another protein", "18 good, 12 of another protein",
    "20 good, 10 misindexed", "20 good, 12 noise",
)  # fmt: skip
"""Cases to hold beside the peer, a quarter of an hour for all."""


@dataclass
class Found:
    """What came out of the seeds of one case."""

    right: list[bool] = field(default_factory=list)
    space_right: list[bool] = field(default_factory=list)
    probability: list[float] = field(default_factory=list)
    groups: Counter[str] = field(default_factory=Counter)
    extra: list[str] = field(default_factory=list)
    dials: list[bool] = field(default_factory=list)
    dials_groups: Counter[str] = field(default_factory=Counter)


def truth_of(params: Mapping[str, Any]) -> tuple[str, set[int]]:
    """The Laue class, and the space groups that may be found: those with fewer screw axes, and the enantiomorph.

    A row of axial reflections that was not measured tells no screw; a screw that the crystal has not is an error.
    """
    group = space_group(params["space_group"])
    allowed = {
        "P43212": {92, 96, 90}, "P43": {75, 76, 78}, "P31": {143, 144, 145}, "P222": {16}, "P1211": {3, 4},
        "P212121": {16, 17, 18, 19}, "P3121": {150, 152, 154},
    }  # fmt: skip
    return group.laue_str(), allowed[params["space_group"]]


def step_of(params: Mapping[str, Any]) -> str:
    """The command for one crystal or many."""
    return "symmetry" if params["wedges"] == 1 else "cosym"


def run_ours(params: Mapping[str, Any], seed: int, found: Found, folder: Path | None) -> None:
    """One seed; the tables are written to ``folder`` where the peer is to read them."""
    experiments, table, truth = integrated_wedges(WedgesParams.model_validate({**params, "seed": seed}))
    if folder is not None:
        write_experiments(folder / "integrated.expt", experiments)
        write_reflections(folder / "integrated.refl", table)
    told = STAGES[step_of(params)](experiments, table).summary
    laue, allowed = truth_of(params)
    group = space_group(told.space_group)
    found.right.append(group.laue_str() == laue)
    found.space_right.append(group.number in allowed)
    found.probability.append(told.chosen_group.probability)
    found.groups[group.xhm()] += 1
    found.extra.append(_extra(told, truth.names))


def _extra(told: SymmetryFigures, names: list[str]) -> str:
    parts = [f"twin {n.fraction:.2f}" for n in told.near_symmetries[:1] if n.verdict == "twinned"]
    parts += ["pseudo-symmetry" for n in told.near_symmetries[:1] if n.verdict == "not twinned"]
    parts += ["tNCS " + ",".join(f"{x:.2f}" for x in t.vector) for t in told.tncs]
    if isinstance(told, CosymSummary):
        bad = {n for n in names if not n.startswith("good")}
        named = {r.name for r in (*told.disagreeing, *told.excluded)}
        parts.append(f"bad named {len(bad & named)} of {len(bad)}, good {len(named - bad)}")
    return "; ".join(parts)


def run_dials(params: Mapping[str, Any], found: Found, folder: Path) -> None:
    """The peer on the same tables."""
    for name in ("symmetrized.expt", "symmetrized.refl"):
        (folder / name).unlink(missing_ok=True)
    done = timed([*program("dials", step_of(params)), "integrated.expt", "integrated.refl"], folder)
    if not (folder / "symmetrized.expt").exists():
        found.dials.append(False)
        found.dials_groups["failed: " + done.output.strip().splitlines()[-1][:40]] += 1
        return
    group = space_group(read_experiments(folder / "symmetrized.expt")[0].needed_crystal.hall_symbol)
    sure = re.findall(r"Laue group probability: ([\d.]+)", done.output)
    found.dials.append(group.laue_str() == truth_of(params)[0])
    found.dials_groups[group.xhm() + (f" {sure[-1]}" if sure else "")] += 1


def _counts(groups: Counter[str]) -> str:
    return ", ".join(f"{name} x{n}" if n > 1 else name for name, n in groups.most_common(3))


def table(results: Mapping[str, Found], dials: bool) -> str:
    """A row a case."""
    rows = []
    for name, f in results.items():
        n = len(f.right)
        row = [name, f"{sum(f.right)}/{n}", f"{sum(f.space_right)}/{n}", f"{np.mean(f.probability):.3f}"]
        row += [_counts(f.groups), Counter(f.extra).most_common(1)[0][0]]
        rows.append((*row, *((f"{sum(f.dials)}/{n}", _counts(f.dials_groups)) if dials else ())))
    head = ("case", "Laue right", "space group", "mean p", "found", "and")
    return text_table("Symmetry", (*head, *(("DIALS Laue", "DIALS found") if dials else ())), rows)


def frequency(results: Mapping[str, Found]) -> str:
    """Probabilities of the Laue groups chosen, in bins, against how often these are right."""
    p = np.concatenate([f.probability for f in results.values()])
    right = np.concatenate([f.right for f in results.values()])
    rows = binned(p, right, BINS)
    return text_table("Probabilities in frequency", ("printed", "cases", "mean printed", "share right", "error"), rows)


def binned(p: np.ndarray, right: np.ndarray, bins: Sequence[float]) -> list[tuple[str, int, float, float, float]]:
    """Rows of bins that are not empty: limits, how many, mean probability, share right and its error."""
    rows = []
    for low, high in pairwise(bins):
        mine = (p >= low) & (p < high)
        n = int(mine.sum())
        if n:
            mean = float(p[mine].mean())
            error = float(np.sqrt(max(mean * (1 - mean), 0.25 / n) / n))
            rows.append((f"{low:.2f} to {min(high, 1):.2f}", n, mean, float(right[mine].mean()), error))
    return rows


@dataclass(frozen=True)
class Judged:
    """A printed probability, whether it was right, and of what."""

    what: str
    kind: str
    seen: str  # beside the group chosen: what is printed, not what is true
    probability: float
    right: bool
    said: str


def judged(seed: int) -> list[Judged]:
    """What is printed of the crystal of a seed: its Laue group, and where that is right its space group."""
    case = drawn(seed)
    experiments, table, _ = integrated_wedges(case.params)
    told = STAGES["symmetry" if case.params.wedges == 1 else "cosym"](experiments, table).summary
    true = space_group(case.params.space_group)
    found = space_group(told.space_group)
    right = found.laue_str() == true.laue_str() and _same_order(found, true)
    said = f"{true.xhm()}, {case.what}, {case.params.mean_intensity:.0f} photons: {found.xhm()}"
    kind, seen = case.what.split()[0], _beside(told)
    rows = [Judged("Laue group", kind, seen, told.chosen_group.probability, right, said)]
    chosen = told.chosen_absences
    if right and chosen and len(told.space_groups) > 1:
        numbers = {space_group(name).number for name in chosen.groups}
        rows.append(Judged("space group", kind, seen, chosen.probability, true.number in numbers, said))
    return rows


SEEN = ("all the lattice has", "near-symmetry beside", "the rest refuted")


def _beside(told: SymmetryFigures) -> str:
    """What the rotations of the lattice that are not in the group chosen do, as it is printed."""
    if told.near_symmetries:
        return SEEN[1]
    return SEEN[0] if all(o.probability > 0.5 for o in told.operators) else SEEN[2]


def _same_order(found: gemmi.SpaceGroup, true: gemmi.SpaceGroup) -> bool:
    """Whether two groups of one Laue class are alike in centring, and P 3 2 1 is not P 3 1 2."""
    plain = [candidates(g, small_molecule=False)[0] for g in (found, true)]
    return plain[0].number == plain[1].number


def calibration(n: int, first: int) -> str:
    """Of n crystals drawn at random, printed probabilities in bins against how often they were right.

    Of all, and by what is printed beside them, probabilities are to hold in frequency. By what the crystals are
    (plain, twin, pseudo, tNCS) they need not: of those that are only nearly symmetric, whoever is taken for
    symmetric is wrong, by choice of the row, and the right ones among the same data are in the row "plain".
    """
    rows: list[Judged] = []
    for seed in range(first, first + n):
        rows += (new := judged(seed))
        for row in new:
            if not row.right or row.probability < PRINTED[1]:
                print(f"{seed} {row.what} {row.probability:.3f} {row.right}: {row.said}", file=sys.stderr, flush=True)
    text = []
    for what in ("Laue group", "space group"):
        for of in ("", *SEEN, "plain", "twin", "pseudo", "tNCS"):
            mine = [r for r in rows if r.what == what and of in ("", r.seen, r.kind)]
            p, right = (np.array([getattr(r, name) for r in mine], float) for name in ("probability", "right"))
            text += [(what, of or "all", *row) for row in binned(p, right, PRINTED)]
    head = ("of", "crystals", "printed", "cases", "mean printed", "share right", "error of the share")
    return text_table(f"Probabilities in frequency, {n} crystals", head, text)


SHIFTS, PHOTONS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5), (400.0, 40.0, 8.0)
"""r.m.s. distances of atoms from P 2 2 2, Å, and mean intensities."""


def distortions(seeds: int) -> str:
    """P 21 with beta 90.05 at distances from P 2 2 2: how often P 21 is chosen, and how probable each is printed."""
    rows = []
    for photons in PHOTONS:
        for shift in SHIFTS:
            chosen, true = [], []
            for seed in range(1, seeds + 1):
                own = {**ONE, **PSEUDO, "ncs_shift": shift, "mean_intensity": photons, "seed": seed}
                experiments, table, _ = integrated_wedges(WedgesParams.model_validate(own))
                told = STAGES["symmetry"](experiments, table).summary
                chosen.append((told.chosen_group.group == "P 1 2 1", told.chosen_group.probability))
                true.append(max(g.probability for g in told.groups if g.group == "P 1 2 1"))
            share, printed = np.mean(np.array(chosen, float), axis=0)
            rows.append((photons, shift, len(chosen), share, printed, float(np.mean(true))))
    head = ("photons", "shift, Å", "seeds", "share P 1 2 1", "mean p of the chosen", "mean p of P 1 2 1")
    return text_table("Distance from P 2 2 2", head, rows)


def main() -> None:
    """Make the data, run, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", default=[""], help="cases whose names contain one of these")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--dials", action="store_true")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--key", action="store_true", help="the cases to hold beside the peer only")
    parser.add_argument("--calibration", type=int, metavar="N", help="of N crystals drawn at random: is p right?")
    parser.add_argument("--first", type=int, default=1, help="seed of the first of these")
    parser.add_argument("--distortions", action="store_true", help="P 21 at distances from P 2 2 2")
    given = parser.parse_args()
    if given.distortions:
        print(distortions(given.seeds))
        return
    if given.calibration:
        print(calibration(given.calibration, given.first))
        return
    folder = given.folder or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    results: dict[str, Found] = {}
    for name in KEY if given.key else [n for n in CASES if any(word in n for word in given.cases)]:
        found = results.setdefault(name, Found())
        for seed in range(1, given.seeds + 1):
            run_ours(CASES[name], seed, found, folder if given.dials else None)
            if given.dials:
                run_dials(CASES[name], found, folder)
        peer = f"; DIALS {sum(found.dials)}: {_counts(found.dials_groups)}" if given.dials else ""
        print(f"{name}: {sum(found.right)} of {len(found.right)}{peer}", file=sys.stderr, flush=True)
    print(table(results, given.dials))
    print(frequency(results))


if __name__ == "__main__":
    main()
