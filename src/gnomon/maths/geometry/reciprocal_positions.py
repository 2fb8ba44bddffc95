"""Where reflections lie in reciprocal space, and which of them a prism holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.distribute.workers import SERIAL, Workers
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.geometry.centroids import observed_rays, rotate_back
from gnomon.models.by_experiment import RowsByExperiment
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections


def seen_by(experiments: Experiments, reflections: Reflections) -> np.ndarray:
    """(N,) int32: the experiment under whose geometry each reflection was seen; -1 where none is known.

    That of ``id``; of those without (not indexed), the first experiment of their image set.
    """
    number = np.array(reflections["id"], np.int32)
    number[number >= len(experiments)] = -1
    if "imageset_id" not in reflections:
        return number
    first: dict[object, int] = {}
    for i, e in enumerate(experiments):
        first.setdefault(e.sweep, i)
    of_set = np.array([*first.values()], np.int32)
    imageset = reflections["imageset_id"]
    none = (number < 0) & (imageset >= 0) & (imageset < len(of_set))
    number[none] = of_set[imageset[none]]
    return number


def places_on_detector(reflections: Reflections) -> np.ndarray:
    """(N, 3) px, px, image: the observed centroids; the predicted where none was observed, nan where neither is."""
    names = [name for name in ("xyzobs.px.value", "xyzcal.px") if name in reflections]
    found = np.full((len(reflections), 3), np.nan)
    for name in reversed(names):
        values = reflections[name]
        there = values.any(axis=1)
        found = values if there.all() else np.where(there[:, None], values, found)
    return found


def reciprocal_positions(
    experiments: Experiments, reflections: Reflections, workers: Workers = SERIAL
) -> tuple[np.ndarray, np.ndarray]:
    """(N, 3) 1/Å, the points at phi = 0 under the geometry of now, and (N,) the experiment each was seen by.

    Of observed centroids, else of predicted ones; nan where there is neither, or no experiment.
    """
    places, seen = places_on_detector(reflections), seen_by(experiments, reflections)
    rows = RowsByExperiment(seen)
    found = np.full((len(reflections), 3), np.nan)

    def one(number: int) -> None:
        of, e = rows[number], experiments[number]
        s1, mm = observed_rays(e, reflections["panel"][of].astype(np.intp), places[of])
        found[of] = rotate_back(e, s1 - e.beam.s0, mm[:, 2])

    for _ in workers.map(one, [number for number, _ in rows if number >= 0]):
        pass
    return found, seen


def orientations(experiments: Experiments) -> np.ndarray:
    """(n, 3, 3): U of A = U B (Busing & Levy 1967) of each experiment's crystal at phi = 0; nan where there is none."""
    found = np.full((len(experiments), 3, 3), np.nan)
    for i, e in enumerate(experiments):
        if e.crystal is not None:
            found[i] = e.crystal.A @ np.linalg.inv(b_matrix(e.crystal.cell))
    return found


def in_crystal_frame(positions: np.ndarray, lattice: np.ndarray, experiments: Experiments) -> np.ndarray:
    """(N, 3) 1/Å: ``positions`` turned by U^T of the experiment ``lattice`` (N,); nan of those of no crystal."""
    known = np.concatenate([orientations(experiments), np.full((1, 3, 3), np.nan)])  # the last one's number is -1
    return np.einsum("nij,ni->nj", known[lattice], positions)


@dataclass(frozen=True, eq=False)
class Prism:
    """Points whose projection on the plane of ``right`` and ``up`` lies in a polygon, between two depths."""

    corners: np.ndarray  # (n, 2), 1/Å along right and up
    right: np.ndarray  # (3,), made a unit vector
    up: np.ndarray  # (3,), made normal to right, and a unit vector
    depth: tuple[float, float] = (-np.inf, np.inf)  # 1/Å along right x up, both ends within

    def holds(self, positions: np.ndarray) -> np.ndarray:
        """(N,) bool: which of ``positions`` (N, 3), 1/Å, lie in it (even-odd rule); nan do not."""
        right = self.right / np.linalg.norm(self.right)
        up = self.up - right * (self.up @ right)
        up = up / np.linalg.norm(up)
        low, high = self.corners.min(axis=0), self.corners.max(axis=0)
        flat, depth = positions @ np.column_stack([right, up]), positions @ np.cross(right, up)
        near = ((flat >= low) & (flat <= high)).all(axis=1) & (depth >= self.depth[0]) & (depth <= self.depth[1])
        rows = np.flatnonzero(near)
        found = np.zeros(len(positions), bool)
        found[rows] = _in_polygon(flat[rows], self.corners)
        return found


def _in_polygon(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """(N,) bool: an odd number of edges crosses the ray to the right of the point."""
    inside = np.zeros(len(points), bool)
    x, y = points.T
    for (xa, ya), (xb, yb) in zip(np.roll(corners, 1, axis=0), corners):
        crossed = (y < ya) != (y < yb)
        if ya != yb:
            inside ^= crossed & (x < xa + (y - ya) * (xb - xa) / (yb - ya))
    return inside
