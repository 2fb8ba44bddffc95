"""dials.scale goes on from our space group."""

import shutil
import subprocess

import numpy as np
import pytest

from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.refl import read_reflections, write_reflections
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.steps.symmetry.params import SymmetryParams
from gnomon.steps.symmetry.step import symmetry


@pytest.mark.slow
@pytest.mark.real
@pytest.mark.interop
@pytest.mark.skipif(not shutil.which("dials.scale"), reason="DIALS is not installed")
def test_dials_scales_what_we_symmetrized(shared, tmp_path):
    folder = shared / "l_cysteine_integrated"
    experiments, tables = [], []
    for i, name in enumerate((20, 25)):
        found = read_experiments(folder / f"{name}_integrated_experiments.json")
        experiments += [e.replace(identifier=str(i)) for e in found]
        table = read_reflections(folder / f"{name}_integrated.refl")
        tables.append(table.with_columns({"id": np.where(table["id"] >= 0, i, -1)}).with_identifiers({i: str(i)}))
    result = symmetry(Experiments.of(experiments), Reflections.concatenate(tables), SymmetryParams())
    write_experiments(tmp_path / "symmetrized.expt", result.experiments)
    write_reflections(tmp_path / "symmetrized.refl", result.reflections)
    command = ["dials.scale", "symmetrized.expt", "symmetrized.refl", "output.html=None"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "P 21 21 21" in done.stdout
    overall = [line for line in done.stdout.splitlines() if line.startswith("Rmerge(I)")]
    assert float(overall[0].split()[1]) < 0.08
