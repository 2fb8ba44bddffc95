"""process, killed at random moments and typed again: the same files at the end as of a run that nobody stopped.

    python benchmarks/resume.py 'images/*.cbf*' --kills 20         # with the images of ./demo: 20 to 40 s a kill

Every second run is killed twice. Says how much of the work of the whole run the runs after the kills did again.
"""

from __future__ import annotations

import argparse
import glob
import hashlib
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

DATA = (".expt", ".refl", ".mtz", ".npz")
EPOCH = {"SOURCE_DATE_EPOCH": "1796000000"}


def run(images: Sequence[str], folder: Path, killed_after: float | None = None) -> tuple[float, bool]:
    """Seconds of ``gnomon process`` in a folder, and whether it was killed, with all its children, before its end."""
    command = [sys.executable, "-m", "gnomon", "process", *images]
    begun = time.perf_counter()
    with open(folder / "words.txt", "w") as words:
        process = subprocess.Popen(
            command, cwd=folder, stdout=words, stderr=words, env={**os.environ, **EPOCH}, start_new_session=True
        )
        try:
            status = process.wait(killed_after)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return time.perf_counter() - begun, True
    if status:
        sys.exit(f"process ended with {status}: {(folder / 'words.txt').read_text()[-400:]}")
    return time.perf_counter() - begun, False


def sums(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file of data in a folder."""
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir() if p.suffix in DATA}


def kept(folder: Path) -> int:
    """How many stages the last run took from earlier ones."""
    return len(re.findall("as an earlier run left it", (folder / "words.txt").read_text()))


def main() -> None:
    """Exits with 1 where a file differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    images, rng, wrong = sorted(map(os.path.abspath, glob.glob(asked.images))), random.Random(asked.seed), 0
    with tempfile.TemporaryDirectory() as temporary:
        whole = Path(temporary) / "whole"
        whole.mkdir()
        run(images, whole)  # kernels, and files of images, are warm then
        for path in whole.iterdir():
            path.unlink()
        seconds, _ = run(images, whole)
        right, before = sums(whole), kept(whole)
        print(f"whole: {seconds:.1f} s, {len(right)} files, {before} stages kept")
        for number in range(asked.kills):
            folder = Path(temporary) / str(number)
            folder.mkdir()
            spent = [run(images, folder, rng.uniform(0.5, seconds)) for _ in range(1 + number % 2)]
            rest, _ = run(images, folder)
            differing = sorted(
                name for name in right.keys() | sums(folder) if right.get(name) != sums(folder).get(name)
            )
            wrong += bool(differing)
            when = ", ".join(f"{s:.1f} s" if was_killed else "not in time" for s, was_killed in spent)
            print(
                f"{number}: killed after {when}; then {rest:.1f} s, {kept(folder)} stages kept: {differing or 'same'}"
            )
    print(f"{asked.kills} runs killed, {wrong} with files that differ")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
