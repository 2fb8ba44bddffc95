"""Which points of reciprocal space a scan records."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gnomon.io.images.experiment_images import shadowed
from gnomon.maths.crystal.symmetry import rotations, space_group
from gnomon.maths.geometry.expected_count import sampled_indices
from gnomon.maths.geometry.prediction import on_panels, predicted_angles
from gnomon.maths.intensities.shells import possible_indices
from gnomon.models.experiment import Experiment
from gnomon.models.goniometer import MultiAxisGoniometer
from gnomon.models.scan import Scan

TURN = Scan((1, 360), (0.0, 1.0))
"""A full turn in images of a degree."""


@dataclass(frozen=True, eq=False)
class SpherePoints:
    """Points of the sphere by their indices, whole or not: (m, n, 3), n equivalents of each of m.

    A sphere is complete in points that are even by volume as it is in reflections, whose lattice is as even.
    """

    hkl: np.ndarray

    @classmethod
    def within(cls, experiment: Experiment, d_min: float, most: int, unique: bool) -> SpherePoints:
        """At most so many points within 1/d_min (Å); where ``unique`` is asked for, of the lattice, with equivalents.

        There zones and rows of few equivalents, which are less complete, have their part; of many points some are
        drawn, the same each time.
        """
        crystal = experiment.needed_crystal
        if not unique:
            return cls(sampled_indices(crystal.A, d_min)[:most, None])
        W = rotations(crystal.hall_symbol)
        W = np.unique(np.concatenate([W, -W]), axis=0)
        hkl = possible_indices(crystal.cell, space_group(crystal.hall_symbol), d_min)
        if len(hkl) * len(W) > most:
            hkl = np.random.default_rng(most).choice(hkl, max(most // len(W), 1), replace=False)
        return cls(np.einsum("mi,nij->mnj", hkl, W).astype(float))

    def seen(self, hit: np.ndarray) -> np.ndarray:
        """(m,) bool: points of which an equivalent is hit; hit: (..., m n)."""
        return np.asarray(hit.reshape(-1, *self.hkl.shape[:2]).any(axis=(0, 2)))


@dataclass(frozen=True, eq=False)
class FullTurn:
    """Where the points cross the sphere in a full turn: angles (2, N), degrees, nan where they hit no panel."""

    angle: np.ndarray

    @classmethod
    def of(cls, experiment: Experiment, points: SpherePoints, shadow: bool) -> FullTurn:
        """The crossings under the goniometer of the experiment."""
        hkl = points.hkl.reshape(-1, 3)
        static = experiment.replace(crystal=experiment.needed_crystal.static(), scan=TURN)
        found = np.full((2, len(hkl)), np.nan)
        for i, entering in enumerate((True, False)):
            angle, s1 = predicted_angles(static, hkl, np.full(len(hkl), entering), np.full(len(hkl), np.pi))
            crossing = np.flatnonzero(np.isfinite(angle))
            panel, _, px = on_panels(static, s1[crossing])
            on = panel >= 0
            crossing, panel, px = crossing[on], panel[on], px[on]
            degrees = np.rad2deg(angle[crossing]) % 360.0
            if shadow and len(crossing):
                hidden = shadowed(static, panel, np.column_stack([px, degrees]))
                crossing, degrees = crossing[~hidden], degrees[~hidden]
            found[i, crossing] = degrees
        return cls(found)

    def within(self, start: float, width: float) -> np.ndarray:
        """(2, N) bool: crossings from ``start`` on for ``width`` degrees."""
        after: np.ndarray = (self.angle - start) % 360.0
        return after < width if width < 360.0 else np.isfinite(self.angle)


def at_angles(experiment: Experiment, angles: tuple[float, ...]) -> Experiment:
    """The experiment with its goniometer at other angles."""
    goniometer = experiment.goniometer
    assert isinstance(goniometer, MultiAxisGoniometer)
    return experiment.replace(goniometer=replace(goniometer, angles=np.array(angles)))
