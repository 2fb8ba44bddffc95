"""Observations whose scales and errors are known."""

from __future__ import annotations

import numpy as np

from gnomon.maths.crystal.lattice import b_matrix, d_spacing
from gnomon.maths.intensities.shells import possible_indices
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.goniometer import Goniometer
from gnomon.models.reflections import Reflections
from gnomon.models.scan import Scan

CELL = np.array([40.0, 50.0, 60.0, 90.0, 90.0, 90.0])
N_IMAGES = 90


def experiments(n: int = 1, width: float = 1.0) -> Experiments:
    """``n`` sweeps of 90 images of one P212121 crystal."""
    panel = Panel(np.array([1.0, 0, 0]), np.array([0, -1.0, 0]), np.array([-100.0, 100, -200]), (100, 100), (2.0, 2.0))
    crystal = Crystal(b_matrix(CELL), " P 2ac 2ab")
    shared = {"beam": Beam(), "detector": Detector((panel,)), "goniometer": Goniometer(), "crystal": crystal}
    return Experiments.of(
        Experiment(**shared, scan=Scan((1, N_IMAGES), (0.0, width)), identifier=str(i)) for i in range(n)
    )


def true_scale(experiment: np.ndarray, z: np.ndarray, d: np.ndarray) -> np.ndarray:
    """A beam that varies by a fifth, and B falling to -4 Å^2."""
    beam = (1 + 0.2 * np.sin(z / 15.0 + experiment)) * (1 + 0.5 * experiment)
    return beam * np.exp((2 - 4 * z / N_IMAGES) / (2 * d**2))


def reflections(
    n_experiments: int = 1, *, multiplicity: tuple[int, int] = (2, 20), a: float = 1.0, b: float = 0.0, seed: int = 0
) -> tuple[Reflections, np.ndarray]:
    """Summed intensities with variance a^2 (I + background + (b I)^2), and the true intensity of each row."""
    rng = np.random.default_rng(seed)
    unique = possible_indices(CELL, "P212121", 3.0)
    truth_of = rng.exponential(2000.0, len(unique))
    which = np.repeat(np.arange(len(unique)), rng.integers(multiplicity[0], multiplicity[1] + 1, len(unique)))
    hkl = unique[which] * rng.choice([-1, 1], len(which))[:, None]
    z = rng.uniform(0, N_IMAGES, len(which))
    experiment = rng.integers(0, n_experiments, len(which))
    d = d_spacing(hkl, CELL)
    expected = truth_of[which] * true_scale(experiment, z, d)
    background = 50.0
    variance = expected + background
    observed = expected + a * np.sqrt(variance + (b * expected) ** 2) * rng.normal(size=len(which))
    s1 = rng.normal(size=(len(which), 3))
    columns = {
        "miller_index": hkl,
        "id": experiment,
        "flags": np.full(len(which), Flag.INTEGRATED_SUM | Flag.PREDICTED, np.uint64),
        "s1": s1 / np.linalg.norm(s1, axis=1, keepdims=True),
        "xyzobs.px.value": np.column_stack([z, z, z]),
        "intensity.sum.value": observed,
        "intensity.sum.variance": np.maximum(observed, 0) + background,
    }
    return Reflections(columns, {i: str(i) for i in range(n_experiments)}), truth_of[which]
