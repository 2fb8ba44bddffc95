"""From strong pixels of a whole sweep to spots: components, moments, filters, columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.kernels.label import label_pixels, measure_spots
from gnomon.models.detector import Detector
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.models.shoeboxes import FOREGROUND, VALID, Shoeboxes
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.find_spots.strong import StrongPixels


@dataclass(frozen=True)
class Pixels:
    """Strong pixels of a sweep, sorted by panel, z, y, x; all (N,) int32."""

    panel: np.ndarray
    z: np.ndarray
    y: np.ndarray
    x: np.ndarray
    value: np.ndarray


@dataclass(frozen=True)
class Moments:
    """Of each spot: pixels (n,), half-open box (n, 6), brightest pixel (n, 3), sum (n,), centroid (n, 3), variance."""

    size: np.ndarray
    box: np.ndarray
    peak: np.ndarray
    total: np.ndarray
    centroid: np.ndarray
    variance: np.ndarray

    @classmethod
    def of(cls, pixels: Pixels, label: np.ndarray, count: int) -> Moments:
        """The moments of ``count`` spots; ``label`` (N,) int32 says to which a pixel belongs."""
        size, top, box = np.zeros(count, np.int32), np.zeros(count, np.int32), np.zeros((count, 6), np.int32)
        total, squares = np.zeros(count), np.zeros(count)
        peak, centroid, variance = np.zeros((count, 3)), np.zeros((count, 3)), np.zeros((count, 3))
        measure_spots(
            label, pixels.z, pixels.y, pixels.x, pixels.value,
            size, box, top, peak, total, squares, centroid, variance,
        )  # fmt: skip
        return cls(size, box, peak, total, centroid, variance)


def gather(images: Sequence[tuple[int, list[StrongPixels]]], detector: Detector) -> Pixels:
    """The pixels of (z, strong pixels per panel) of each image, z ascending, in one list."""
    parts: list[tuple[np.ndarray, ...]] = []
    for i, panel in enumerate(detector.panels):
        for z, strong in images:
            found = strong[i]
            y, x = np.divmod(found.index, np.int32(panel.image_size[0]))
            same = np.full(len(x), i, np.int32), np.full(len(x), z, np.int32)
            parts.append((*same, y, x, found.value))
    return Pixels(*(np.concatenate(columns) for columns in zip(*parts)))


def find_components(pixels: Pixels, detector: Detector, params: FindSpotsParams) -> tuple[Reflections, dict[str, int]]:
    """The spots that pass the filters, and how many each filter removed; ``id`` is 0 throughout.

    Spots are ordered by their first pixels (panel, z, y, x).
    """
    nx, ny = (int(size) for size in detector.image_sizes.max(axis=0))
    parent, label = np.empty((2, len(pixels.x)), np.int32)
    count = label_pixels(pixels.panel, pixels.z, pixels.y, pixels.x, nx, ny, not params.force_2d, parent, label)
    spots = Moments.of(pixels, label, count)
    separation = np.linalg.norm(spots.peak - spots.centroid, axis=1)
    keep, removed = _filter(spots.size, separation, smallest_spot(detector, params), params)
    first = np.full(count, len(label))
    np.minimum.at(first, label, np.arange(len(label)))
    panel = pixels.panel[first]
    columns = {
        "id": np.zeros(count, np.int32),
        "panel": panel,
        "flags": np.full(count, int(Flag.STRONG)),
        "bbox": spots.box,
        "n_signal": spots.size,
        "intensity.sum.value": spots.total,
        "intensity.sum.variance": spots.total,
        "xyzobs.px.value": spots.centroid,
        "xyzobs.px.variance": spots.variance,
    }
    if params.shoeboxes:
        columns["shoebox"] = _shoeboxes(pixels, label, panel, spots.box)
    return Reflections(columns).select(keep), removed


def smallest_spot(detector: Detector, params: FindSpotsParams) -> int:
    """The least number of pixels in a spot: as asked, else 3 on pixel-array detectors and 6 on others."""
    if params.min_spot_size is not None:
        return params.min_spot_size
    return 3 if all(panel.type == "SENSOR_PAD" for panel in detector.panels) else 6


def _filter(
    size: np.ndarray, separation: np.ndarray, smallest: int, params: FindSpotsParams
) -> tuple[np.ndarray, dict[str, int]]:
    """Rows to keep, and how many each filter removed, each counted once, in the order of the filters."""
    tests = {
        f"smaller than {smallest} px": size < smallest,
        f"larger than {params.max_spot_size} px": size > params.max_spot_size,
        f"peak further than {params.max_separation:g} px from the centroid": separation > params.max_separation,
    }
    keep = np.ones(len(size), bool)
    removed = {}
    for name, fails in tests.items():
        removed[name] = int((keep & fails).sum())
        keep &= ~fails
    return keep, removed


def _shoeboxes(pixels: Pixels, label: np.ndarray, panel: np.ndarray, box: np.ndarray) -> Shoeboxes:
    """The strong pixels of each spot in its box; the others are zero and masked out."""
    x0, x1, y0, y1, z0, z1 = box.T.astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum((x1 - x0) * (y1 - y0) * (z1 - z0))])
    row = (pixels.z - z0[label]) * (y1 - y0)[label] + pixels.y - y0[label]
    at = offsets[label] + row * (x1 - x0)[label] + pixels.x - x0[label]
    data, mask = np.zeros(offsets[-1], np.float32), np.zeros(offsets[-1], np.uint8)
    data[at] = pixels.value
    mask[at] = VALID | FOREGROUND
    return Shoeboxes(panel.astype(np.uint32), box, offsets, data, mask, np.zeros_like(data))
