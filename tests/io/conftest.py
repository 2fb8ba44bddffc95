"""Small data sets to write: every column set, space groups with centring and an inversion, two sweeps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.intensities.shells import possible_indices
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.goniometer import Goniometer, rotation_about
from gnomon.models.merged import Measured, MergedData
from gnomon.models.scan import Scan
from gnomon.models.unmerged import UnmergedData

CELL = np.array([20.0, 25.0, 30.0, 90.0, 101.0, 90.0])


@pytest.fixture
def merged_data() -> MergedData:
    """Monoclinic C reflections to 3 Å with Friedel halves, some missing, amplitudes and a free set."""
    rng = np.random.default_rng(4)
    hkl = possible_indices(CELL, "C 1 2 1", 3.0)
    n = len(hkl)

    def measured(missing: float) -> Measured:
        gone = rng.random(n) < missing
        values = rng.normal(100, 60, (4, n))
        values[1:] = np.abs(values[1:]) + 1
        values[:, gone] = np.nan
        return Measured(values[0], values[1], np.where(gone, 0, 3), values[2], values[3])

    free = rng.integers(0, 20, n).astype(np.int32)
    return MergedData(hkl, CELL, " C 2y", 0.9, measured(0), measured(0.2), measured(0.2), free)


def sweep(first: int, last: int, tilt: float) -> Experiment:
    fast, slow = np.array([1.0, 0, 0]), np.array([0, -1.0, 0])
    panel = Panel(fast, slow, np.array([-50.0, 60, -120]), (1000, 1200), (0.1, 0.1))
    U = rotation_about(np.array([1.0, 2, 3]), tilt)
    goniometer = Goniometer(np.array([0, 1.0, 0]), rotation_about(np.array([1.0, 0, 0]), 0.3))
    scan = Scan((first, last), (10.0, 0.5))
    crystal = Crystal(U @ b_matrix(CELL), " C 2y")
    beam = Beam(np.array([0.01, 0.0, np.sqrt(1 - 1e-4)]), 0.9)
    return Experiment(beam, Detector((panel,)), goniometer, scan, crystal, identifier=f"sweep-{first}")


@pytest.fixture
def unmerged_data() -> Callable[..., UnmergedData]:
    """A maker of data of one or two sweeps, in a group of choice."""

    def make(sweeps: int = 2, hall: str = " C 2y", n: int = 200) -> UnmergedData:
        rng = np.random.default_rng(7)
        experiments = Experiments.of([sweep(1, 120, 0.2), sweep(11, 40, 1.3)][:sweeps])
        experiment = rng.integers(0, sweeps, n)
        image = np.array([rng.integers(*experiments[i].scan.image_range) for i in experiment])
        xyz = np.column_stack([rng.uniform(0, 1000, n), rng.uniform(0, 1200, n), image - rng.random(n)])
        return UnmergedData(
            experiments, CELL, hall, 0.9, True, experiment, rng.integers(-6, 7, (n, 3)), image,
            intensity=rng.normal(500, 300, n), sigma=rng.uniform(1, 30, n), xyz=xyz, phi=rng.uniform(10, 60, n),
            scale=rng.uniform(0.8, 1.2, n), partiality=rng.uniform(0.5, 1, n), lp=rng.uniform(0.1, 1, n),
            qe=rng.uniform(0.4, 1, n), background=rng.uniform(10, 99, n), correlation=rng.uniform(0, 1, n),
        )  # fmt: skip

    return make
