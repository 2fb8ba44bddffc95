"""The chain of commands on the small example, held to truth: what CI keeps from slipping."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import gnomon
from gnomon.distribute.workers import Workers
from gnomon.simulate.assess.figures import assess
from gnomon.simulate.assess.targets import targets
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.example import EXAMPLE

STEPS = {
    "import": [],
    "find_spots": ["imported.expt"],
    "index": ["imported.expt", "strong.refl"],
    "refine": ["indexed.expt", "indexed.refl"],
    "integrate": ["refined.expt", "refined.refl"],
    "symmetry": ["integrated.expt", "integrated.refl"],
    "scale": ["symmetrized.expt", "symmetrized.refl"],
}


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    """Figures of merit of all steps with default parameters, nothing known beforehand."""
    folder: Path = tmp_path_factory.mktemp("chain")
    truth = simulate_dataset(EXAMPLE, folder / "images", workers=Workers(2))
    env = {**os.environ, "PYTHONPATH": str(Path(gnomon.__file__).parents[1])}
    images = sorted(str(p) for p in (folder / "images").glob("*.cbf*"))
    for step, files in STEPS.items():
        command = [sys.executable, "-m", "gnomon", step, *(files or images)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=env, timeout=300)
        assert done.returncode == 0, f"{step}\n{done.stdout}\n{done.stderr}"
    return assess(truth, folder)


@pytest.mark.parametrize("target", targets(header_is_exact=True), ids=lambda t: t.name)
def test_target_is_met(figures, target):
    assert target.is_met(figures), f"{target.name}: {target.value(figures):.4g}, wanted {target.bounds}"


def test_the_space_group_is_found(figures):
    assert figures.space_group in ("P 4nw 2abw", "P 4abw 2nw")  # P43212 or its mirror image
