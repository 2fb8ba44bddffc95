"""Circles of one resolution."""

from __future__ import annotations

import numpy as np

from gnomon.maths.crystal.ice import ICE_D_MIN, powder_rings
from gnomon.maths.images.usable_pixels import pixel_resolution
from gnomon.models.experiment import Experiment
from gnomon.steps.export_bitmaps.params import ExportBitmapsParams

Ring = tuple[float, list[np.ndarray]]
"""Its resolution, Å, and (ny, nx) bool of each panel: the pixels that it goes through."""


def rings_of(experiment: Experiment, params: ExportBitmapsParams) -> list[Ring]:
    """The rings that are asked for, those of resolution first."""
    if not (params.rings or params.ice_rings):
        return []
    s2 = [1 / pixel_resolution(experiment, i).astype(float) ** 2 for i in range(len(experiment.detector))]
    highest = max(float(one.max()) for one in s2)
    wanted = [highest * (i + 1) / (params.ring_number + 1) for i in range(params.ring_number)] if params.rings else []
    if params.ice_rings:
        wanted += powder_rings(max(highest**-0.5, ICE_D_MIN)).tolist()
    return [(ring**-0.5, [_crossed(one, ring) for one in s2]) for ring in wanted]


def _crossed(values: np.ndarray, level: float) -> np.ndarray:
    """(ny, nx) bool: pixels on whose far side, along fast or slow, the values (ny, nx) have crossed the level."""
    above = values > level
    found = np.zeros(values.shape, bool)
    found[:, :-1] |= above[:, 1:] != above[:, :-1]
    found[:-1] |= above[1:] != above[:-1]
    return found
