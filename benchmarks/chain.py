"""The chain of commands, ours or the peer's, each timed as a whole process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Timing:
    """One command's cost: CPU seconds (user and system, children too), wall seconds, and the peak memory of its
    largest process in MB."""

    cpu: float
    wall: float
    memory: float
    ok: bool
    output: str


STEPS: dict[str, tuple[str, ...]] = {
    "import": (),
    "find_spots": ("imported.expt",),
    "index": ("imported.expt", "strong.refl"),
    "refine": ("indexed.expt", "indexed.refl"),
    "integrate": ("refined.expt", "refined.refl"),
    "symmetry": ("integrated.expt", "integrated.refl"),
    "scale": ("symmetrized.expt", "symmetrized.refl"),
    "merge": ("scaled.expt", "scaled.refl"),
    "export": ("scaled.expt", "scaled.refl"),
}
"""Each step with its input files, in order; import takes the images."""

MANY: dict[str, tuple[str, ...]] = {
    **{step: STEPS[step] for step in ("import", "find_spots")},
    "index": (*STEPS["index"], "joint=false"),
    **{step: STEPS[step] for step in ("refine", "integrate")},
    "cosym": ("integrated.expt", "integrated.refl"),
    "scale": STEPS["scale"],
    "correlation_matrix": ("scaled.expt", "scaled.refl"),
}
"""The steps for many crystals; the peer's release of 2022 has no correlation_matrix."""


def program(name: str, step: str) -> list[str]:
    """How a step of ``gnomon`` or ``dials`` is started."""
    return [f"dials.{step}"] if name == "dials" else [sys.executable, "-m", "gnomon", step]


def has_dials() -> bool:
    """Whether the peer is installed."""
    return shutil.which("dials.import") is not None


_LAUNCH = """
import os, sys, time
start = time.perf_counter()
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, spent = os.wait4(child, 0)
told = spent.ru_utime + spent.ru_stime, time.perf_counter() - start, spent.ru_maxrss
with open(sys.argv[1], "w") as file:
    print(*told, os.waitstatus_to_exitcode(status), file=file)
"""
"""Starts a command from a small process: Linux counts the memory of the one that starts it as its own."""


def timed(command: Sequence[str], folder: Path) -> Timing:
    """Run a command in ``folder`` and tell what it cost."""
    with tempfile.TemporaryDirectory() as scratch:
        told = Path(scratch) / "told"
        launch = [sys.executable, "-S", "-c", _LAUNCH, str(told), *command]
        done = subprocess.run(launch, cwd=folder, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"})
        cpu, wall, memory, code = told.read_text().split()
    return Timing(float(cpu), float(wall), float(memory) / 1024, code == "0", done.stdout + done.stderr)


def arguments_of(
    name: str, step: str, images: Sequence[str], nproc: int = 2, recipe: Mapping[str, Sequence[str]] = STEPS
) -> list[str]:
    """The arguments of a step for ``gnomon`` or ``dials``, ``nproc`` workers where the peer takes it."""
    words = list(images) if step == "import" else list(recipe[step])
    if name == "gnomon":
        return [*words, f"nproc={nproc}"]
    parallel = {"find_spots": "nproc", "integrate": "nproc", "index": "indexing.nproc", "scale": "nproc"}
    return [*words, f"{parallel[step]}={nproc}"] if step in parallel else words


def run_chain(
    name: str,
    images: Sequence[str],
    folder: Path,
    *,
    recipe: Mapping[str, Sequence[str]] = STEPS,
    steps: Sequence[str] = (),
    nproc: int = 2,
) -> dict[str, Timing]:
    """The cost of each of ``steps`` (all of the recipe if not given), up to and with the first that fails.

    Steps that a program does not have are left out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    costs: dict[str, Timing] = {}
    for step in steps or recipe:
        if shutil.which(program(name, step)[0]) is None:
            continue
        costs[step] = timed([*program(name, step), *arguments_of(name, step, images, nproc, recipe)], folder)
        if not costs[step].ok:
            break
    return costs
