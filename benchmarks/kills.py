"""kill -9 at random times over all commands: what is left is what was there, or the whole new result; never a mixture.

In a folder with the results of one run, another run of the same command, with other parameters, is killed. Each file
is then compared with those of both runs: it must be one of the two, byte for byte (history of .expt apart), and an
.expt of one beside a .refl of the other must be refused. After every tenth kill the command must end well once more.

    python benchmarks/kills.py                 # 500 kills; some minutes on one core
    python benchmarks/kills.py --count 20
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
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from forked import run, seconds_of
from fuzz import N, make_sound

from gnomon.errors import InputError
from gnomon.io.expt import read_experiments
from gnomon.io.pairs import check_pairs

COMMANDS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("import", "sound/images/sim_####.cbf"), "distance=91", "distance=90"),
    (("find_spots", "sound/imported.expt", N), "sigma_strong=5", "sigma_strong=3"),
    (("index", "sound/imported.expt", "sound/strong.refl", N), "d_min=3", "d_min=2"),
    (("refine", "sound/indexed.expt", "sound/indexed.refl", N), "scan_varying=false", "scan_varying=true"),
    (("integrate", "sound/refined.expt", "sound/refined.refl", N), "d_min=4", "d_min=2.5"),
    (("symmetry", "sound/integrated.expt", "sound/integrated.refl", N), "d_min=4", "d_min=2.5"),
    (("cosym", "sound/integrated.expt", "sound/integrated.refl", N, "html=None"), "d_min=4", "d_min=2.5"),
    (("scale", "sound/symmetrized.expt", "sound/symmetrized.refl", N), "d_min=4", "d_min=2.5"),
    (("merge", "sound/scaled.expt", "sound/scaled.refl"), "d_min=4", "d_min=2.5"),
    (("export", "sound/scaled.expt", "sound/scaled.refl"), "d_min=4", "d_min=2.5"),
    (("export", "sound/scaled.expt", "sound/scaled.refl", "format=xds_ascii"), "d_min=4", "d_min=2.5"),
    (("reindex", "sound/indexed.expt", "sound/indexed.refl"), "change_of_basis_op=c,a,b", "change_of_basis_op=b,c,a"),
    (("slice_sequence", "sound/integrated.expt", "sound/integrated.refl"), "image_range=2,8", "image_range=3,9"),
    (("filter_reflections", "sound/scaled.expt", "sound/scaled.refl"), "d_min=4", "d_min=3"),
    (("generate_mask", "sound/imported.expt", "output.experiments=masked.expt"), "border=1", "border=2"),
    (("split_experiments", "sound/scaled.expt", "sound/scaled.refl"), "", ""),
    (("combine_experiments", "sound/scaled.expt", "sound/scaled.refl"), "", ""),
)
"""A command, and the parameter of the run before and of the one that is killed."""


@dataclass(frozen=True)
class Prepared:
    """A command with what it leaves: contents by file name of the run before, of a whole run, and its seconds."""

    words: tuple[str, ...]
    before: dict[str, bytes]
    after: dict[str, bytes]
    seconds: float


def contents(folder: Path) -> dict[str, bytes]:
    """What results hold, by name: no logs, no parts, and of .expt no history, which tells the time."""
    found = {}
    for path in folder.iterdir():
        if path.name.startswith(".") or path.suffix == ".log" or path.is_symlink():
            continue
        data = path.read_bytes()
        if path.suffix in (".expt", ".json"):
            with contextlib.suppress(ValueError):
                data = json.dumps(timeless(json.loads(data))).encode()
        if path.suffix == ".html":
            data = b"whole" if data.rstrip().endswith(b"</html>") else data  # pages tell the time, too
        found[path.name] = data
    return found


TIMES = frozenset({"history", "started", "done", "wall_seconds", "cpu_seconds"})
"""What differs between two runs of the same command in .expt and in records."""


def timeless(read: object) -> object:
    """What was read of a JSON file, without what tells the time, and what is of files that tell it."""
    if isinstance(read, dict):
        left_out = TIMES | {"sha256", "bytes"} if timed(read) else TIMES
        return {k: timeless(v) for k, v in read.items() if k not in left_out}
    return [timeless(v) for v in read] if isinstance(read, list) else read


def timed(entry: dict[str, object]) -> bool:
    """Whether the entry of a file is of one that tells the time."""
    return str(entry.get("path", "")).endswith((".expt", ".html"))


def fresh(folder: Path, sound: Path, copied: Path | None = None) -> None:
    """An empty working folder, or a copy of one."""
    shutil.rmtree(folder, ignore_errors=True)
    if copied is not None:
        shutil.copytree(copied, folder, symlinks=True)
        return
    folder.mkdir(parents=True)
    (folder / "sound").symlink_to(sound)


def prepared(index: int, sound: Path, folder: Path) -> Prepared:
    """Both runs of a command, whole; the folder of the first is kept as ``folder/index``."""
    words, old, new = COMMANDS[index]
    kept, scratch = folder / str(index), folder / "work"
    fresh(kept, sound)
    with contextlib.redirect_stdout(io.StringIO()):
        seconds_of([*words, *([old] if old else [])], kept)
        fresh(scratch, sound, kept)
        whole = (*words, *([new] if new else []))
        seconds_of(whole, scratch)
        seconds = seconds_of(whole, scratch)
    return Prepared(whole, contents(kept), contents(scratch), seconds)


def faults_after(one: Prepared, folder: Path) -> list[str]:
    """What is wrong in the folder of a killed run: files that are of neither run, pairs of both."""
    found, wrong, state = contents(folder), [], {}
    for name, data in found.items():
        states = [which for which, known in (("old", one.before), ("new", one.after)) if known.get(name) == data]
        if not states:
            wrong.append(f"broken: {name}")
        state[name] = states
    wrong += [f"lost: {name}" for name in set(one.before) - set(found)]
    for name in found:
        refl = name.removesuffix(".expt") + ".refl"
        if name.endswith(".expt") and refl in found and not set(state[name]) & set(state[refl]):
            with contextlib.suppress(InputError):
                check_pairs([read_experiments(folder / name)], [str(folder / refl)])
                wrong.append(f"mixed: {name} and {refl}")
    return wrong


def all_of(count: int, sound: Path, folder: Path, which: Sequence[int], seed: int = 1) -> Counter[str]:
    """How many there were of each fault; each is told as it is found."""
    rng = np.random.default_rng(seed)
    ready = [prepared(i, sound, folder) for i in which]
    gc.freeze()
    faults: Counter[str] = Counter()
    done: Counter[str] = Counter()
    for number in range(count):
        i = number % len(ready)
        one, scratch = ready[i], folder / "work"
        fresh(scratch, sound, folder / str(which[i]))
        outcome = run(one.words, scratch, wall=float(rng.random()) * one.seconds * 1.3)
        done["killed" if outcome.late else "too late"] += 1
        for fault in faults_after(one, scratch):
            faults[fault.partition(":")[0]] += 1
            print(f"{number} {fault}: gnomon {' '.join(one.words)}", flush=True)
        if number % 10 == 9:
            again = run(one.words, scratch)
            found, left = contents(scratch), [path.name for path in scratch.glob(".*.part")]
            wrong = [name for name in found.keys() | one.after.keys() if found.get(name) != one.after.get(name)]
            if again.status or wrong or left:
                faults["not mended"] += 1
                told = f"{again.err.strip()[:200]} {sorted(wrong + left)}"
                print(f"{number} not mended: gnomon {' '.join(one.words)}: {told}", flush=True)
    print(f"{count} kills over {len(ready)} commands: {dict(done)}; faults: {dict(faults) or 'none'}")
    return faults


def main() -> None:
    """Exits with 1 where there is a fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where files are kept")
    asked = parser.parse_args()
    begun = time.time()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (asked.folder or Path(temporary)).absolute()
        if not (folder / "sound" / "pixels.npz").exists():
            make_sound(folder / "sound")
        faults = all_of(asked.count, folder / "sound", folder / "kills", range(len(COMMANDS)), asked.seed)
    print(f"{time.time() - begun:.0f} s")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
