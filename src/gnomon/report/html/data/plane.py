"""Where reflections lie on the detector, as one plane."""

from __future__ import annotations

import numpy as np

from gnomon.models.detector import Detector
from gnomon.report.html.data.seen import Seen
from gnomon.report.html.figures.maps import SQUARES, Plane


def detector_plane(seen: Seen, column: str) -> Plane | None:
    """The places of all rows by ``column``, px, on the detector; None where there is no detector or no such column.

    In pixels of a detector of one panel; in mm along the fast and slow axes of the first panel of one of several. Of
    experiments whose detectors differ in the number of panels, those with the most common one; others are nan.
    """
    if column not in seen or not len(seen.experiments):
        return None
    xyz = seen[column]
    if max(len(e.detector) for e in seen.experiments) == 1:
        sizes = np.array([e.detector.image_sizes[0] for e in seen.experiments])
        side = -(-int(sizes.max()) // SQUARES)  # whole pixels, since squares of others hold unlike numbers of them
        width, height = (float(side * -(-int(n) // side)) for n in sizes.max(axis=0))
        return Plane(xyz[:, :2], ((0.0, width), (0.0, height)), ("x / px", "y / px"), square=side)
    groups = seen.experiments.groups_sharing("detector")
    detector, members = max(groups, key=lambda group: len(group[1]))
    mine = np.isin(seen.experiment, members)
    points = np.full((len(xyz), 2), np.nan)
    panel = seen["panel"][mine].astype(np.intp) if "panel" in seen else np.zeros(int(mine.sum()), np.intp)
    mm = xyz[mine, :2] * detector.pixel_sizes[panel]
    points[mine] = flattened(detector, panel, mm)
    return Plane(points, _limits(detector), ("along fast / mm", "along slow / mm"))


def flattened(detector: Detector, panel: np.ndarray, mm: np.ndarray) -> np.ndarray:
    """(N, 2) mm along the fast and slow axes of the first panel, from where the beam's axis z = 0 meets it."""
    axes = detector.frames[0][:, :2]
    return np.asarray(detector.lab_coordinates(panel, mm) @ axes)


def _limits(detector: Detector) -> tuple[tuple[float, float], tuple[float, float]]:
    """What the corners of all panels span."""
    corners = []
    for i, (size, pixel) in enumerate(zip(detector.image_sizes, detector.pixel_sizes)):
        ends = np.array([(0, 0), (1, 0), (0, 1), (1, 1)]) * size * pixel
        corners.append(flattened(detector, np.full(4, i), ends))
    low, high = np.concatenate(corners).min(axis=0), np.concatenate(corners).max(axis=0)
    return (float(low[0]), float(high[0])), (float(low[1]), float(high[1]))
