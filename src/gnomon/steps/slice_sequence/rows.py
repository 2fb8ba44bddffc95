"""The reflections of some of the images."""

from __future__ import annotations

import numpy as np

from gnomon.models.reflections import Reflections
from gnomon.models.scan import Scan


def centroid_z(reflections: Reflections, scan: Scan) -> np.ndarray:
    """(N,) images: where the reflection was observed, else predicted, brought within the scan."""
    z = reflections["xyzobs.px.value"][:, 2]
    if "xyzcal.px" in reflections:
        seen = reflections["xyzobs.px.value"].any(axis=1)
        z = np.where(seen, z, reflections["xyzcal.px"][:, 2])
    low, high = scan.array_range
    return np.clip(z, low, np.nextafter(float(high), low))


def within_images(reflections: Reflections, low: int, high: int) -> tuple[Reflections, int]:
    """The table with boxes (and their pixels) cut to low <= z < high, and how many boxes stood out of it."""
    if "bbox" not in reflections:
        return reflections, 0
    bbox = reflections["bbox"].copy()
    crossing = (bbox[:, 4] < low) | (bbox[:, 5] > high)
    bbox[:, 4:] = np.clip(bbox[:, 4:], low, high)
    columns = {"bbox": bbox}
    if "shoebox" in reflections:
        boxes = reflections["shoebox"]
        columns["shoebox"] = boxes.between(np.clip(boxes.bbox[:, 4], low, high), np.clip(boxes.bbox[:, 5], low, high))
    return reflections.with_columns(columns), int(crossing.sum())
