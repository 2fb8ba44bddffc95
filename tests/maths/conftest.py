"""A rotation experiment that has nothing along a coordinate axis: whatever can be mixed up, shows."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.maths.crystal.lattice import b_matrix
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import PARALLAX, Detector, Panel
from gnomon.models.experiment import Experiment
from gnomon.models.goniometer import Goniometer, rotation_about
from gnomon.models.scan import Scan


def tilted_panels(n: int) -> Detector:
    """``n`` panels above each other, 0.2 mm pixels, tilted about all axes, with a thick sensor."""
    turn = rotation_about(np.array([0.3, 0.5, 0.8]), 0.1)
    panels = tuple(
        Panel(
            turn @ [1.0, 0, 0],
            turn @ [0, -1.0, 0],
            turn @ [-61.0, 62.0 - 125.0 / n * i, -110.0],
            (600, 600 // n),
            (0.2, 0.2),
            thickness=0.45,
            mu=3.9,
            px_mm_strategy=PARALLAX,
            name=f"p{i}",
        )
        for i in range(n)
    )
    return Detector(panels)


def make_experiment(
    cell: tuple[float, ...] = (31.0, 37.0, 43.0, 90.0, 101.0, 90.0),
    hall: str = " P 2y",
    n_panels: int = 1,
    scan: Scan | None = None,
    orientation: float = 0.7,
) -> Experiment:
    """A monoclinic crystal on a two-axis goniometer, 60 images of 0.5 degrees from image 11."""
    U = rotation_about(np.array([0.2, -0.6, 0.7]), orientation)
    gonio = Goniometer(
        np.array([0.0, 1.0, 0.0]),
        rotation_about(np.array([1.0, 2.0, 0.5]), 0.4),
        rotation_about(np.array([0.3, -0.2, 1.0]), 0.2),
    )
    direction = np.array([0.01, -0.02, 1.0])
    return Experiment(
        Beam(direction / np.linalg.norm(direction), 0.98),
        tilted_panels(n_panels),
        gonio,
        scan or Scan((11, 70), (5.0, 0.5)),
        Crystal(U @ b_matrix(np.array(cell)), hall),
        identifier="tilted",
    )


@pytest.fixture
def tilted():
    return make_experiment
