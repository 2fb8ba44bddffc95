"""Crystals that are off the spindle go round it on a circle, and their spots with them.

Three micrometres are a fiftieth of a pixel, but alike for all spots of one angle, and slow along a scan: detector and
cell take them for their own (by 0.02 % of an edge, 5 printed sigmas, on 45 degrees with 5,400 spots).
So the circle is fitted with them. It is not kept: models of experiments have no place for it, and its mean over the
scan is left to the detector, so that spots are predicted where they are on average.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.maths.geometry.ewald import rotate
from gnomon.models.goniometer import AnyGoniometer
from gnomon.models.scan import Scan

STEPS = 100  # of a scan, over which the circle is averaged


@dataclass(frozen=True)
class CircleBlock:
    """One experiment: the crystal is at R(phi) c minus its mean over the scan, mm; c (2 values) is to be found."""

    axis: np.ndarray  # (3,) of the spindle, laboratory
    across: np.ndarray  # (2, 3) unit vectors perpendicular to it and to each other, along which c is measured
    mean: np.ndarray  # (2, 3) of these, turned by the spindle through the scan
    centring: float  # mm, prior

    @classmethod
    def of(cls, goniometer: AnyGoniometer, scan: Scan, centring: float) -> CircleBlock:
        """That of a crystal centred to ``centring`` mm, on each of two axes."""
        axis = goniometer.lab_axis
        first = np.cross(axis, np.eye(3)[np.argmin(np.abs(axis))])
        first /= np.linalg.norm(first)
        across = np.array([first, np.cross(axis, first)])
        start, width = np.deg2rad(scan.oscillation)
        phi = start + width * scan.n_images * (np.arange(STEPS) + 0.5) / STEPS
        mean = np.array([rotate(axis, phi, np.tile(one, (STEPS, 1))).mean(axis=0) for one in across])
        return cls(axis, across, mean, centring)

    def design(self, phi: np.ndarray) -> np.ndarray:
        """(N, 3, 2) derivatives of the crystal's position at ``phi`` (N,), radians, by c."""
        columns = [rotate(self.axis, phi, np.tile(one, (len(phi), 1))) - m for one, m in zip(self.across, self.mean)]
        return np.stack(columns, axis=2)

    @property
    def sigma(self) -> np.ndarray:
        """(2,) prior standard deviations."""
        return np.full(2, self.centring)

    @property
    def names(self) -> tuple[str, ...]:
        """What each parameter is, with its unit."""
        return tuple(f"crystal off the spindle {i} (mm)" for i in (1, 2))
