"""How many reflections there will be, before any is made: a wrong cell is told, and not worked on for hours."""

from __future__ import annotations

import numpy as np

from gnomon.errors import InputError
from gnomon.models.crystal import cell_from_a_matrix
from gnomon.models.experiment import Experiment

MOST_INDICES = 300_000_000
"""Lattice points within the limit of resolution: the largest cells known, to the resolution they diffract to, have a
fifth of that; to look at each takes some 30 ns."""
MOST_UNIQUE = 10_000_000
"""Unique reflections: four times those of ribosomes to 2.3 Å."""
MOST_PREDICTED = 30_000_000
"""Reflections of one sweep: ribosomes to 2.3 Å over 360 degrees."""
LEAST_AREA = 25.0
"""px² of an image to a predicted reflection, on average over a sweep: a spot alone takes five by five."""
_SAMPLED = 20_000


def lattice_points(A: np.ndarray, d_min: float) -> float:
    """How many points of the reciprocal lattice A (3, 3), 1/Å, lie within 1/d_min (Å) of the origin: by volume."""
    volume = abs(np.linalg.det(A))
    return float(4 / 3 * np.pi / d_min**3 / volume) if volume > 0 else float("inf")


def require_few_points(A: np.ndarray, d_min: float, alike: int = 1, most: int = MOST_INDICES) -> None:
    """Check that there are no more reflections to ``d_min`` (Å) than any crystal has. Raises InputError.

    A: (3, 3), 1/Å; alike: of how many indices one counts, as others are equivalent or absent; most: how many may be.
    """
    count = lattice_points(A, d_min) / alike
    if not count <= most:
        raise InputError(
            f"the cell {_cell(A)} has {count:.1g} reflections to {d_min:.3g} Å, needed at most {most:.0e}; "
            "check the cell, the indices, or give a d_min"
        )


def require_room(experiment: Experiment, A: np.ndarray, d_min: float, share: float) -> None:
    """Check that predicted reflections have room on the images. Raises InputError.

    share: of the lattice points within ``d_min`` (Å), how many reflections the scan records on panels.
    """
    count = lattice_points(A, d_min) * share
    pixels = float(experiment.detector.image_sizes.prod(axis=1).sum())
    room = min(MOST_PREDICTED, pixels * experiment.needed_scan.n_images / LEAST_AREA)
    if count > max(room, 1000):
        raise InputError(
            f"the cell {_cell(A)} gives some {count:.1g} reflections to {d_min:.3g} Å on these images, which "
            f"have room for {room:.1g} spots; check the cell, or give a d_min"
        )


def sampled_indices(A: np.ndarray, d_min: float) -> np.ndarray:
    """(20,000, 3) points, in fractions of indices, evenly within 1/d_min (Å) of the origin; the same each time."""
    rng = np.random.default_rng(20_000)
    points = rng.normal(size=(_SAMPLED, 3))
    points *= (rng.random(_SAMPLED) ** (1 / 3) / d_min / np.linalg.norm(points, axis=1))[:, None]
    return np.linalg.solve(A, points.T).T


def _cell(A: np.ndarray) -> str:
    return ", ".join(f"{v:.4g}" for v in cell_from_a_matrix(A))
