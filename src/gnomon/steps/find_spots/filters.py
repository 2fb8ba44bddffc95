"""Which groups of strong pixels are spots: neither too small, nor too large, nor with a peak far from the centroid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.models.reflections import Reflections
from gnomon.steps.find_spots.params import FindSpotsParams

LARGEST_SIZE = 1000  # px
LARGEST_SEPARATION = 2.0  # px or images; both are the limits that DIALS has, meant for ordinary spots
ORDINARY = np.array([6.0, 6.0, 4.0])  # px, px, images that hold nine in ten of the better spots of ordinary sweeps
MEDIAN = np.array([5.0, 5.0, 3.0])  # px, px, images of the median one
FOLLOWED = 3.5
"""Times as large as ``MEDIAN`` (each extent at least 1) from which the limits follow the spots.

Ordinary sweeps come to 1 to 1.9, 0.1 degree images of a crystal of 0.1 degrees to 2.3; pixels of .075 mm and 0.15
degrees to 18, 0.1 degree images of 0.2 degrees to 4, of 0.8 degrees to 10: there the limits took the best spots, a
fifth of all.
"""
QUANTILE = 90.0  # per cent of the better spots that are to lie within the extent that counts
ENOUGH = 40  # spots, to know the extents of
HUGE = 100_000  # px: larger is no spot but a ring or a shadow; their pixels are not waited for


@dataclass(frozen=True)
class Limits:
    """What a spot may be: pixels, and peak to centroid as multiples of ``scale`` (px, px, images) on each axis."""

    size: int
    separation: float
    scale: np.ndarray  # (3,), 1 where spots are ordinary
    reason: str = ""  # empty for the limits that are asked for or usual

    def passed(self, table: Reflections, offset: np.ndarray) -> tuple[np.ndarray, dict[str, int]]:
        """The spots to keep, (n,) bool, and how many each filter removed, each counted once, in their order.

        offset: (n, 3), from centroid to peak: px, px, images.
        """
        far = np.linalg.norm(offset / self.scale, axis=1) > self.separation
        tests = {f"larger than {self.size} px": table["n_signal"] > self.size, self._too_far: far}
        keep, removed = np.ones(len(table), bool), {}
        for name, fails in tests.items():
            removed[name] = int((keep & fails).sum())
            keep &= ~fails
        return keep, removed

    @property
    def _too_far(self) -> str:
        if (self.scale == 1).all():
            return f"peak further than {self.separation:g} px from the centroid"
        reach = " x ".join(f"{length:.1f}" for length in self.separation * self.scale)
        return f"peak further than {reach} px, px, images from the centroid"


def largest_wanted(params: FindSpotsParams, large: bool) -> int:
    """The number of pixels that no spot exceeds, in a sweep of spots that are ``large`` or not."""
    return params.max_spot_size or (HUGE if large else LARGEST_SIZE)


def are_large(table: Reflections) -> bool:
    """Whether the spots (groups of enough pixels) are so large that the usual limits are not for them."""
    extent = extent_of_better(table, 50.0)
    return bool(np.maximum(extent / MEDIAN, 1).prod() >= FOLLOWED)


def limits_for(table: Reflections, params: FindSpotsParams, large: bool) -> Limits:
    """The limits that are asked for; of the others the usual ones, or those that fit the spots of a sweep of ``large``.

    Volumes and distances are counted in pixels and images, and what these are of a spot is a matter of slicing and of
    pixel size. So limits that are not asked for grow in proportion to the better half of ``table``.
    """
    asked = params.max_spot_size, params.max_separation
    size, separation = asked[0] or LARGEST_SIZE, asked[1] or LARGEST_SEPARATION
    if all(asked) or not large:
        return Limits(size, separation, np.ones(3))
    extent = extent_of_better(table, QUANTILE)
    scale = np.maximum(extent / ORDINARY, 1)
    size = asked[0] or int(min(LARGEST_SIZE * scale.prod(), HUGE))
    scale = np.ones(3) if asked[1] else scale
    reason = (
        f"nine in ten of the better spots are within {extent[0]:.0f} x {extent[1]:.0f} px and {extent[2]:.0f} images, "
        f"where the usual limits are for {ORDINARY[0]:g} x {ORDINARY[1]:g} px and {ORDINARY[2]:g} images"
    )
    return Limits(size, separation, scale, f"{reason}: the limits of size and separation follow them")


def extent_of_better(table: Reflections, quantile: float, enough: int = ENOUGH) -> np.ndarray:
    """(3,) px, px, images: the extents that hold ``quantile`` per cent of the stronger half; zeros where that is not
    ``enough`` spots.
    """
    counts, box = table["intensity.sum.value"], table["bbox"]
    if len(table) < 2 * enough:
        return np.zeros(3)
    better = counts >= np.median(counts)
    return np.asarray(np.percentile((box[:, 1::2] - box[:, ::2])[better], quantile, axis=0))
