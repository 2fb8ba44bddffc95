"""Users without a home, installations nobody may write to, caches that are full: the steps of the demo end well."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import fuzz
import pytest

import gnomon

STEPS = (
    ("import", "sound/images/sim_####.cbf"),
    ("find_spots", "imported.expt"),
    ("index", "imported.expt", "strong.refl"),
    ("refine", "indexed.expt", "indexed.refl"),
    ("integrate", "refined.expt", "refined.refl"),
    ("symmetry", "integrated.expt", "integrated.refl"),
    ("scale", "symmetrized.expt", "symmetrized.refl"),
    ("merge", "scaled.expt", "scaled.refl"),
)
QUICK = (STEPS[0], ("symmetry", "sound/integrated.expt", "sound/integrated.refl"), *STEPS[6:])
"""Those whose kernels are compiled in seconds."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    folder = tmp_path_factory.mktemp("poor") / "sound"
    fuzz.make_sound(folder)
    return folder


def without_root() -> None:
    """Let file modes bind root too, in the program that starts next."""
    ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)


@contextmanager
def no_home(folder: Path) -> Iterator[dict[str, str]]:
    """A service user: the home does not exist, nor does what lies in it."""
    yield {"HOME": "/nonexistent", "XDG_CACHE_HOME": "/nonexistent/cache", "TMPDIR": "/nonexistent/tmp"}


@contextmanager
def read_only(folder: Path) -> Iterator[dict[str, str]]:
    """The package in a folder that nobody may write to, and a home likewise."""
    installed = folder / "installed"
    shutil.copytree(Path(gnomon.__file__).parent, installed / "gnomon", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "home").mkdir()
    places = [folder / "home", installed, *(path for path in installed.rglob("*") if path.is_dir())]
    for place in places:
        place.chmod(0o555)
    try:
        yield {"HOME": str(folder / "home"), "PYTHONPATH": str(installed)}
    finally:
        for place in places:
            place.chmod(0o755)


@contextmanager
def full_cache(folder: Path) -> Iterator[dict[str, str]]:
    """A file system of 64 kB for compiled kernels."""
    (folder / "cache").mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder / "cache")]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no small file system can be mounted here: needs root")
    try:
        yield {"HOME": str(folder / "cache"), "NUMBA_CACHE_DIR": str(folder / "cache")}
    finally:
        subprocess.run(["umount", str(folder / "cache")], check=True)


def run_steps(steps, folder: Path, sound: Path, changes: dict[str, str]) -> None:
    work = folder / "work"
    work.mkdir()
    (work / "sound").symlink_to(sound)
    kept = {name: value for name, value in os.environ.items() if name not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
    environment = {**kept, "PYTHONPATH": os.pathsep.join(sys.path), **changes}
    for words in steps:
        done = subprocess.run(
            [sys.executable, "-m", "gnomon", *words, "nproc=1"],
            cwd=work, env=environment, capture_output=True, text=True, check=False, preexec_fn=without_root,
        )  # fmt: skip
        assert done.returncode == 0, f"{words[0]}: {done.stderr}"
        assert "Warning" not in done.stderr
        assert "Traceback" not in done.stderr
    assert (work / "merged.mtz").stat().st_size > 5000


@pytest.mark.parametrize("place", [no_home, read_only, full_cache])
def test_steps_end_well(tmp_path, sound, place):
    with place(tmp_path) as changes:
        run_steps(QUICK, tmp_path, sound, changes)


@pytest.mark.slow  # compiles all kernels, twice where nothing can be kept
@pytest.mark.parametrize("place", [no_home, read_only, full_cache])
def test_all_steps_end_well(tmp_path, sound, place):
    with place(tmp_path) as changes:
        run_steps(STEPS, tmp_path, sound, changes)
