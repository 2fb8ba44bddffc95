"""How the tests run DIALS, and that they are skipped without it."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import gemmi
import pytest

from gnomon import index, integrate, read_experiments, refine, scale, symmetry, write_reflections
from gnomon.io.expt import write_experiments
from gnomon.models.reflections import Reflections
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.example import EXAMPLE
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.find_spots.step import find_spots


@pytest.fixture(scope="session")
def dials():
    """``dials(folder, "dials.refine", "indexed.expt", ...)`` runs a command of DIALS there and gives what it said."""
    if not shutil.which("dials.import"):
        pytest.skip("DIALS is not installed")

    def run(folder, *command):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


IMAGES = 20


@dataclass(frozen=True)
class Chain:
    """Our result of each step by the name of its files, which lie in ``folder``."""

    folder: Path
    results: dict
    images: int

    @property
    def group(self):
        hall = self.results["symmetrized"].experiments[0].crystal.hall_symbol
        return gemmi.find_spacegroup_by_ops(gemmi.symops_from_hall(hall)).hm

    def files(self, stem):
        return str(self.folder / f"{stem}.expt"), str(self.folder / f"{stem}.refl")


@pytest.fixture(scope="session")
def chain(tmp_path_factory, dials):
    folder = tmp_path_factory.mktemp("chain")
    simulate_dataset(EXAMPLE.changed(images=IMAGES), folder)
    experiments = read_experiments(folder / "truth.expt").map(lambda e: e.replace(crystal=None, profile=None))
    result = find_spots(experiments, Reflections(), FindSpotsParams(shoeboxes=True))
    results = {"strong": result}
    write_experiments(folder / "imported.expt", experiments)
    write_reflections(folder / "strong.refl", result.reflections)
    steps = {"indexed": index, "refined": refine, "integrated": integrate, "symmetrized": symmetry, "scaled": scale}
    for stem, step in steps.items():
        result = results[stem] = step(result.experiments, result.reflections)
        write_experiments(folder / f"{stem}.expt", result.experiments)
        write_reflections(folder / f"{stem}.refl", result.reflections, shoeboxes="shoebox" in result.reflections)
    return Chain(folder, results, IMAGES)
