"""Observations that lie where the crystal's geometry puts them, for readers that recover that geometry."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gnomon.maths.geometry.prediction import predicted_angles
from gnomon.models.unmerged import UnmergedData


def placed(data: UnmergedData) -> UnmergedData:
    """The data at indices, angles and pixels that their experiments predict; as many as there are, shuffled indices."""
    rng = np.random.default_rng(11)
    n = len(data)
    hkl, phi, xyz = np.zeros((n, 3), np.int32), np.zeros(n), np.zeros((n, 3))
    for i, e in enumerate(data.experiments):
        rows = np.flatnonzero(data.experiment == i)
        assert e.scan is not None
        low, high = e.scan.oscillation_range
        trial = rng.integers(-7, 8, (60 * len(rows), 3)).astype(np.int32)
        near = np.full(len(trial), np.deg2rad((low + high) / 2))
        angle, s1 = predicted_angles(e, trial, rng.random(len(trial)) < 0.5, near)
        angle = np.rad2deg(angle)
        with np.errstate(invalid="ignore"):
            good = np.flatnonzero((angle > low) & (angle < high) & (s1[:, 2] < -0.3))[: len(rows)]
        assert len(good) == len(rows)
        hkl[rows], phi[rows] = trial[good], angle[good]
        pixels = e.detector.mm_to_pixel(0, e.detector.intersect(0, s1[good]))
        xyz[rows] = np.column_stack([pixels, e.scan.z_at(angle[good])])
    return replace(data, hkl=hkl, phi=phi, xyz=xyz, image=np.floor(xyz[:, 2]).astype(int) + 1)
