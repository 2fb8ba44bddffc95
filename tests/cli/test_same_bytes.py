"""The user's settings for threads change no byte of any result."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SETTINGS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
SWEEP = ("images=12", "width=1.0", "image_size=260,240", "distance=90", "cell=40,40,30,90,90,90", "mean_intensity=800")


def environment(threads: int) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **dict.fromkeys(SETTINGS, str(threads))}


@pytest.mark.parametrize("said", ["main(['--version'])", "run()"])
def test_the_program_computes_on_one_thread_whatever_is_set(said):
    """Also in the libraries that are loaded later."""
    code = (
        "import sys; sys.argv[1:] = ['--version']\n"
        "from gnomon.cli.main import main; from gnomon.__main__ import run\n"
        f"{said}\n"
        "import scipy.linalg, numpy, json, threadpoolctl\n"
        "print(json.dumps([pool['num_threads'] for pool in threadpoolctl.threadpool_info()]))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(3), capture_output=True, text=True, check=True)
    assert set(json.loads(done.stdout.splitlines()[-1])) == {1}


def test_steps_called_from_python_compute_on_one_thread():
    code = (
        "import gnomon.pipeline as pipeline, threadpoolctl, numpy, scipy.linalg\n"
        "seen = []\n"
        "def step(experiments, table, params):\n"
        "    pools = threadpoolctl.threadpool_info()\n"
        "    seen.extend(pool['num_threads'] for pool in pools if pool['user_api'] == 'blas')\n"
        "    from gnomon.step import Result\n"
        "    return Result(experiments, table)\n"
        "pipeline.Stage.function = property(lambda self: step)\n"
        "pipeline.STAGES['index']((), None)\n"
        "print(set(seen))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(2), capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["{1}"]


def results(folder: Path) -> dict[str, str]:
    """By name, the SHA-256 of all results; .expt without the line of history that tells the time, and no pages."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix not in (".expt", ".refl", ".mtz"):
            continue
        data = path.read_bytes()
        if path.suffix == ".expt":
            content = json.loads(data.replace(str(folder).encode(), b""))
            content.pop("history", None)
            data = json.dumps(content).encode()
        found[str(path.relative_to(folder))] = hashlib.sha256(data).hexdigest()
    return found


@pytest.mark.slow
def test_no_byte_depends_on_the_number_of_threads(tmp_path):
    """All of process, on one thread and with four for BLAS."""
    images = tmp_path / "images"
    gnomon = [sys.executable, "-m", "gnomon"]
    subprocess.run([*gnomon, "simulate", f"folder={images}", *SWEEP], env=environment(1), cwd=tmp_path, check=True)
    found = []
    for threads in (1, 4):
        folder = tmp_path / f"run{threads}"
        folder.mkdir()
        words = [*gnomon, "process", str(images / "sim_####.cbf"), f"nproc={1 if threads == 1 else 2}"]
        subprocess.run(words, env=environment(threads), cwd=folder, check=True, capture_output=True)
        found.append(results(folder))
    assert len(found[0]) > 8
    assert found[0] == found[1]
