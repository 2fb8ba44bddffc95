"""Thousands of damaged files through the commands that read them: each must end well, or in one line.

Faults are internal errors, more than 10 s of CPU, more than 1 GB, raw warnings, ends by a signal, refusals of more or
less than one line, and control characters from files on the screen. Every damage is decided by its number, so that one
can be had again. The commands run in forked children, one at a time.

    python benchmarks/fuzz.py                      # 10,000 damages; an hour or two on one core
    python benchmarks/fuzz.py --count 300          # a few of each kind
    python benchmarks/fuzz.py --only 4711 --folder /tmp/x    # what it was, kept for a look
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import io
import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from damage import damaged
from forked import Outcome, run, seconds_of

SWEEP = (
    "images=12",
    "width=1.0",
    "image_size=260,240",
    "distance=90",
    "cell=40,40,30,90,90,90",
    "mean_intensity=800",
    "nproc=1",
)
CHAIN = (
    ("simulate", "folder=images", *SWEEP),
    ("simulate", "folder=nxmx", "file_format=nxmx", *SWEEP),
    ("simulate", "folder=eiger", "file_format=eiger", *SWEEP),
    ("import", "images/sim_####.cbf"),
    ("import", "nxmx/sim.nxs", "output.experiments=nxmx.expt"),
    ("find_spots", "imported.expt", "nproc=1"),
    ("find_spots", "imported.expt", "nproc=1", "output.shoeboxes=true", "output.reflections=boxes.refl"),
    ("find_spots", "nxmx.expt", "nproc=1", "output.reflections=nxmx.refl"),
    ("index", "imported.expt", "strong.refl", "nproc=1"),
    ("refine", "indexed.expt", "indexed.refl", "nproc=1"),
    ("integrate", "refined.expt", "refined.refl", "nproc=1"),
    ("symmetry", "integrated.expt", "integrated.refl", "nproc=1"),
    ("scale", "symmetrized.expt", "symmetrized.refl", "nproc=1", "html=None"),
    ("merge", "scaled.expt", "scaled.refl"),
    ("export", "scaled.expt", "scaled.refl"),
    ("export", "scaled.expt", "scaled.refl", "format=xds_ascii"),
    ("generate_mask", "imported.expt", "border=2", "output.experiments=masked.expt"),
    ("generate_mask", "imported.expt", "border=2", "output.mask=pixels.npz"),
)
"""How the sound files come to be, which are then damaged."""
N = "nproc=1"
PAIRS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("imported", "strong", ("index", N)),
    ("indexed", "indexed", ("refine", N)),
    ("refined", "refined", ("integrate", N)),
    ("integrated", "integrated", ("symmetry", N)),
    ("integrated", "integrated", ("cosym", N, "html=None")),
    ("symmetrized", "symmetrized", ("scale", N, "html=None")),
    ("integrated", "integrated", ("scale", N, "html=None")),
    ("scaled", "scaled", ("merge",)),
    ("scaled", "scaled", ("export",)),
    ("scaled", "scaled", ("export", "format=xds_ascii")),
    ("scaled", "scaled", ("export", "format=shelx", "composition=C3H7NO2S")),
    ("scaled", "scaled", ("export", "format=sca")),
    ("scaled", "scaled", ("export", "format=mmcif")),
    ("integrated", "integrated", ("export",)),
    ("scaled", "scaled", ("estimate_resolution", "html=None")),
    ("scaled", "scaled", ("damage_analysis",)),
    ("scaled", "scaled", ("compute_delta_cchalf",)),
    ("indexed", "indexed", ("refine_bravais_settings", N)),
    ("indexed", "indexed", ("reindex", "change_of_basis_op=b,c,a")),
    ("integrated", "integrated", ("slice_sequence", "image_range=2,8")),
    ("scaled", "scaled", ("split_experiments",)),
    ("scaled", "scaled", ("combine_experiments",)),
    ("scaled", "scaled", ("filter_reflections", "d_min=3")),
    ("scaled", "scaled", ("show",)),
    ("imported", "strong", ("show",)),
    ("imported", "strong", ("spot_counts_per_image",)),
    ("imported", "boxes", ("find_hot_pixels",)),
)
"""Experiments, reflections, and a command that takes both."""
ALONE = (
    ("imported.expt", ("show",)),
    ("imported.expt", ("find_spots", N)),
    ("masked.expt", ("find_spots", N)),
    ("nxmx.expt", ("find_spots", N)),
    ("imported.expt", ("generate_mask", "border=2", "d_max=20")),
    ("imported.expt", ("find_bad_pixels", N)),
    ("indexed.expt", ("show",)),
    ("scaled.expt", ("show",)),
    ("scaled.expt", ("cluster_unit_cell", "sound/symmetrized.expt")),
    ("imported.expt", ("slice_sequence", "image_range=2,8")),
    ("masked.expt", ("apply_mask", "mask=sound/pixels.mask")),
)


@dataclass(frozen=True)
class Case:
    """A sound file to damage, and the commands it goes through; ``@`` in them is the damaged file."""

    name: str
    commands: tuple[tuple[str, ...], ...]


def cases() -> dict[str, list[Case]]:
    """For each kind of file, what is done with damaged ones."""
    found: dict[str, list[Case]] = {
        "expt": [Case(name, ((words[0], "@", *words[1:]),)) for name, words in ALONE],
        "refl": [],
        "mtz": [
            Case("scaled.mtz", ((*words[:1], "@", *words[1:]),))
            for words in (
                ("show",),
                ("symmetry", N),
                ("scale", N, "html=None"),
                ("merge",),
                ("export", "format=xds_ascii"),
            )
        ],
        "xds": [
            Case("scaled.HKL", ((*words[:1], "@", *words[1:]),))
            for words in (("show",), ("symmetry", N), ("scale", N, "html=None"), ("export",))
        ],
        "mask": [
            Case(name, (("apply_mask", "sound/imported.expt", "mask=@"), ("find_spots", "masked.expt", N)))
            for name in ("pixels.mask", "pixels.npz")
        ],
        "cbf": [Case("images/sim_0003.cbf", (("import", "sim_####.cbf"), ("find_spots", "imported.expt", N)))],
        "hdf5": [
            Case(name, (("import", "@"), ("find_spots", "imported.expt", N)))
            for name in ("nxmx/sim.nxs", "eiger/sim_master.h5", "eiger/sim_data_000001.h5")
        ],
    }
    found["mtz"] += [
        Case("merged.mtz", (("merge", "sound/scaled.expt", "sound/scaled.refl", "@"),)),
        Case("merged.mtz", (("reindex", "sound/scaled.expt", "sound/scaled.refl", "reference=@"),)),
    ]
    for expt, refl, words in PAIRS:
        found["expt"].append(Case(f"{expt}.expt", ((words[0], "@", f"sound/{refl}.refl", *words[1:]),)))
        found["refl"].append(Case(f"{refl}.refl", ((words[0], f"sound/{expt}.expt", "@", *words[1:]),)))
    return found


SHARES = {"expt": 32, "refl": 32, "mtz": 10, "xds": 8, "mask": 4, "cbf": 7, "hdf5": 7}
"""How many of 100 damages are of each kind."""


def plan(count: int) -> Iterator[tuple[int, str, Case]]:
    """The number of each damage, its kind and its case: any beginning of them has all kinds."""
    known = cases()
    turn = [kind for i in range(100) for kind, share in SHARES.items() if (i * share) % 100 < share]
    done: Counter[str] = Counter()
    for number in range(count):
        kind = turn[number % len(turn)]
        yield number, kind, known[kind][done[kind] % len(known[kind])]
        done[kind] += 1


def make_sound(folder: Path) -> None:
    """The sound files in ``folder``, and all that the commands load in this process."""
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.redirect_stdout(io.StringIO()):
        for words in CHAIN:
            seconds_of(words, folder)
        for path in folder.glob("*.expt"):  # without history there is no mark, as in files of other programs
            content = json.loads(path.read_bytes())
            content.pop("history", None)
            path.write_text(json.dumps(content))


def warm(folder: Path, scratch: Path) -> None:
    """Run every command of the cases once on sound files, here: kernels and modules are then there for children."""
    with contextlib.redirect_stdout(io.StringIO()):
        for kind in cases().values():
            for case in kind:
                prepare(case, folder, scratch, (folder / case.name).read_bytes())
                for words in arguments(case):
                    try:
                        seconds_of(words, scratch)
                    except RuntimeError as error:
                        print("WARM", error, file=sys.stderr)


def prepare(case: Case, sound: Path, scratch: Path, content: bytes) -> None:
    """An empty working folder with the damaged file, and what belongs beside it."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    (scratch / "sound").symlink_to(sound)
    source = sound / case.name
    if source.parent != sound:  # images and data files of the same series
        for other in sorted(source.parent.glob("sim_000[1-4].cbf")) + sorted(source.parent.glob("*.*5")):
            (scratch / other.name).symlink_to(other)
    target = scratch / source.name
    target.unlink(missing_ok=True)
    target.write_bytes(content)


def arguments(case: Case) -> list[list[str]]:
    """The commands with the name of the damaged file in them; masters stand in for their data files."""
    name = Path(case.name).name.replace("data_000001", "master")
    return [[word.replace("@", name) for word in words] for words in case.commands]


def one(number: int, case: Case, sound: Path, scratch: Path, seed: int) -> tuple[str, list[str], Outcome]:
    """What was done to the file, the command that came last, and its outcome."""
    rng = np.random.default_rng((seed, number))
    content, done = damaged(sound / case.name, rng)
    prepare(case, sound, scratch, content)
    for words in arguments(case):
        outcome = run(words, scratch)
        if outcome.status or outcome.fault:
            break
    return done, words, outcome


def all_of(wanted: Sequence[tuple[int, str, Case]], sound: Path, scratch: Path, seed: int, told: int) -> Counter[str]:
    """How many there were of each fault; each is told as it is found, and how far it is every ``told`` damages."""
    faults: Counter[str] = Counter()
    tally: dict[str, Counter[str]] = {kind: Counter() for kind in SHARES}
    begun = time.time()
    for i, (number, kind, case) in enumerate(wanted, 1):
        done, words, outcome = one(number, case, sound, scratch, seed)
        fault = outcome.fault
        tally[kind][fault or ("refused" if outcome.status else "done")] += 1
        if fault:
            faults[fault] += 1
            last = (outcome.err.strip().splitlines() or outcome.out.strip().splitlines() or [""])[-1]
            used = f"{outcome.seconds:.1f} s {outcome.megabytes:.0f} MB"
            print(f"{number} {fault}: gnomon {' '.join(words)} [{ascii(done)[:150]}] {used}: {ascii(last)[:250]}")
        if i % told == 0 or i == len(wanted):
            print(f"-- {i} in {time.time() - begun:.0f} s: {dict(faults)}", flush=True)
    for kind, counts in tally.items():
        print(f"{kind:5} {counts.total():6} " + "  ".join(f"{what} {n}" for what, n in counts.most_common()))
    return faults


def main() -> None:
    """Exits with 1 where there is a fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first damage")
    parser.add_argument("--only", type=int, nargs="*", help="these numbers")
    parser.add_argument("--kind", choices=SHARES, help="damages of files of this kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where sound and damaged files are kept")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (asked.folder or Path(temporary)).absolute()
        sound, scratch = folder / "sound", folder / "work"
        if not (sound / "pixels.npz").exists():
            make_sound(sound)
        last = max(asked.only) + 1 if asked.only else asked.first + asked.count
        wanted = [(n, kind, case) for n, kind, case in plan(last) if n >= asked.first and asked.kind in (None, kind)]
        wanted = [entry for entry in wanted if not asked.only or entry[0] in asked.only]
        if len(wanted) > 20:
            warm(sound, folder / "warm")
        gc.freeze()
        faults = all_of(wanted, sound, scratch, asked.seed, 500)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
