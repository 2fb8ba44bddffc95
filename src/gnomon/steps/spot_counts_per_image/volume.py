"""The part of reciprocal space that an image sweeps, as a function of resolution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.models.experiment import Experiment

_SAMPLES = 100_000  # pixels that are looked at, of all panels together
SHELLS = 200
"""Shells of equal swept volume: one is 0.2 % of the highest resolution wide at the edge."""


@dataclass(frozen=True)
class SweptVolume:
    """Shells of equal swept volume: ``edges`` (SHELLS + 1,) 1/Å, ascending; ``edges[-1]`` is the detector's corner."""

    edges: np.ndarray

    @classmethod
    def of(cls, experiment: Experiment, masks: Sequence[np.ndarray]) -> SweptVolume:
        """Of the pixels that ``masks`` leave: (ny, nx) a panel, true = use, or the part of the scan that it sees.

        A pixel of solid angle dΩ cuts dΩ / λ² out of the Ewald sphere, and the shell through which that sweeps is as
        thick as the distance s = 1/d from the origin, but for a constant and the direction of the axis: dV = s dΩ.
        On a detector without edges this is ds s², the even filling of reciprocal space in 1/d³.
        """
        step = max(1, round(np.sqrt(sum(mask.size for mask in masks) / _SAMPLES)))
        parts = [_panel(experiment, i, mask, step) for i, mask in enumerate(masks)]
        s, weight = (np.concatenate(columns) for columns in zip(*parts))
        order = np.argsort(s)
        volume = np.cumsum(weight[order])
        edges = np.interp(np.linspace(0, volume[-1], SHELLS + 1), volume, s[order])
        return cls(np.concatenate([[0.0], edges[1:]]))

    def counts(self, s: np.ndarray) -> np.ndarray:
        """(SHELLS,) how many of the lengths ``s`` (N,), 1/Å, lie in each shell; those beyond the corner in the last."""
        return np.histogram(np.minimum(s, self.edges[-1]), self.edges)[0]


def _panel(experiment: Experiment, panel: int, mask: np.ndarray, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Lengths s (m,), 1/Å, and swept volumes (m,), in any unit, of every ``step``-th usable pixel each way."""
    detector, beam = experiment.detector, experiment.beam
    first = min(step // 2, *(size - 1 for size in mask.shape))
    part = mask[first::step, first::step]
    y, x = np.nonzero(part)
    px = np.column_stack([x, y]) * step + first + 0.5
    ray = detector.lab_coordinates(panel, detector.pixel_to_mm(panel, px))
    length = np.linalg.norm(ray, axis=1)
    s = np.linalg.norm(ray / length[:, None] + beam.direction, axis=1) / beam.wavelength
    area = float(np.prod(detector.pixel_sizes[panel]))
    return s, part[y, x] * s * area * np.abs(ray @ detector.normals[panel]) / length**3
