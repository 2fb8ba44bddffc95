"""What a table says of its rows for scaling: when they crossed, and which are too light to be merged."""

from __future__ import annotations

import numpy as np

from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections


def is_light(reflections: Reflections) -> np.ndarray:
    """(N,) bool: scaled, and then too light beside equivalents to be merged; it still tells of its own data set."""
    bad = Flag.OUTLIER_IN_SCALING | Flag.USER_EXCLUDED_IN_SCALING
    return reflections.has(Flag.SCALED) & reflections.has(Flag.EXCLUDED_FOR_SCALING) & ~reflections.has(bad)


def crossing_of(reflections: Reflections, experiments: Experiments) -> np.ndarray:
    """(n_rows,) when each diffracted, in images: as predicted, within the images that recorded it, and the scan.

    The centroid of a spot that one image of a degree holds is the middle of that image, whenever it crossed: up to
    half a degree off, by which a crystal that loses 3 Å² a degree changes by a tenth at 2.5 Å, and partials at both
    ends of the scan to different sides.
    """
    if "xyzcal.px" not in reflections:
        observed: np.ndarray = reflections["xyzobs.px.value"][:, 2]
        return observed
    z: np.ndarray = reflections["xyzcal.px"][:, 2]
    if "bbox" in reflections:
        z = np.clip(z, reflections["bbox"][:, 4], reflections["bbox"][:, 5])
    return _within_scans(z, reflections["id"], experiments)


def _within_scans(z: np.ndarray, number: np.ndarray, experiments: Experiments) -> np.ndarray:
    """(n_rows,) not before the beginning nor after the end of the scan of each: models know nothing beyond."""
    ends = np.array([e.image_range for e in experiments], float).reshape(-1, 2) - [1, 0]
    rows = (number >= 0) & (number < len(ends))
    inside = z.copy()
    inside[rows] = np.clip(z[rows], *ends[number[rows]].T)
    return inside
