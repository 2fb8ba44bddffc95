"""How far apart strong pixels may be that are joined into one spot, and which groups of them are spots.

Where a rocking curve is spread over tens of images, few photons fall on each: a pixel within a spot is strong on one
image, not on the next, and again on the one after. Such gaps are those of chance: with a probability p of being
strong they have a geometric distribution, with p that vary from pixel to pixel a mixture of these, whose frequencies h
fall and are log-convex, h(g)^2 <= h(g - 1) h(g + 1) (by the inequality of Cauchy and Schwarz for the moments of 1 - p).
Reflections that follow each other at a place, as on images of half a degree, do so after a typical number of images.

Groups are spots where they are neither too small, nor too large, nor have a peak far from the centroid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.models.reflections import Reflections
from gnomon.steps.find_spots.params import FindSpotsParams

BEGINNING_PIXELS, BEGINNING_IMAGES = (
    300_000,
    20,
)  # strong pixels, and images that have any, of the beginning of a sweep that tell
SURE_SPOTS, SURE_PIXELS = 100, 3_000_000
"""Spots that are among these pixels, else twice as many are waited for, up to some 100 MB: a sweep may begin blank."""
FRAGMENTED = 0.15
"""Share of the groups that follow another after one image: .34 at 0.8 degrees and 0.1 degree images, .05 at 0.1 to 0.15
degrees, .02 to .035 of images of 0.5 and 1 degree."""
ENOUGH_GROUPS = 40  # groups, to know the share of
NEGLIGIBLE = 0.02  # of the pixels that follow another: so many more would be joined by the next longer gap
CONVEX, LOOKED_AT = 1.3, 4  # times the right-hand side of the inequality that chance allows; gaps g from 2 to this
LONGEST = 10  # images from a pixel to the next that are ever joined


@dataclass(frozen=True)
class StrongPlaces:
    """What of strong pixels matters here: their place (N,) on the detector, image (N,) and group (N,)."""

    place: np.ndarray
    z: np.ndarray
    group: np.ndarray


@dataclass(frozen=True)
class Linking:
    """How far apart images are of which the same pixel is joined, and why that is more than 1; 0: none are joined."""

    reach: int
    reason: str = ""


def given_linking(params: FindSpotsParams) -> Linking | None:
    """What is asked for; None where the data decide."""
    if params.force_2d:
        return Linking(0)
    return None if params.max_gap is None else Linking(params.max_gap + 1)


def linking_of(strong: StrongPlaces, is_spot: np.ndarray) -> Linking:
    """What the pixels show. ``is_spot``: (n,) bool, the groups (joined from image to image) that are not too small."""
    order = np.lexsort((strong.z, strong.place))
    place, z, group = strong.place[order], strong.z[order], strong.group[order]
    gap = np.where(place[1:] == place[:-1], z[1:] - z[:-1], 0)
    new = (gap == 2) & (group[1:] != group[:-1]) & is_spot[group[1:]] & is_spot[group[:-1]]
    n = int(is_spot.sum())
    share = len(np.unique(group[1:][new])) / max(n, 1)
    frequency = np.bincount(gap[(gap > 0) & (gap <= LONGEST)], minlength=LONGEST + 1)
    if n < ENOUGH_GROUPS or share < FRAGMENTED or not _is_of_chance(frequency):
        return Linking(1)
    follow = np.cumsum(frequency[1:])
    more = np.diff(follow) < NEGLIGIBLE * follow[:-1]
    reach = max(2, int(np.argmax(more)) + 1 if more.any() else LONGEST)
    first, last = int(z.min()) + 1, int(z.max()) + 1
    return Linking(
        reach,
        f"on images {first} to {last} {share:.0%} of the groups follow another at the same pixel after one image "
        f"without: pieces of spots, joined over up to {reach - 1} images",
    )


def _is_of_chance(frequency: np.ndarray) -> bool:
    """Whether gaps g are as frequent, ``frequency[g]``, as those of pixels that are strong by chance."""
    h = frequency.astype(float)
    return all(h[g] <= h[g - 1] and h[g] ** 2 <= CONVEX * h[g - 1] * h[g + 1] for g in range(2, LOOKED_AT + 1))


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
ENOUGH_SPOTS = 40  # spots, to know the extents of
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
    given = params.max_spot_size, params.max_separation
    size, separation = given[0] or LARGEST_SIZE, given[1] or LARGEST_SEPARATION
    if all(given) or not large:
        return Limits(size, separation, np.ones(3))
    extent = extent_of_better(table, QUANTILE)
    scale = np.maximum(extent / ORDINARY, 1)
    size = given[0] or int(min(LARGEST_SIZE * scale.prod(), HUGE))
    scale = np.ones(3) if given[1] else scale
    reason = (
        f"nine in ten of the better spots are within {extent[0]:.0f} x {extent[1]:.0f} px and {extent[2]:.0f} images, "
        f"where the usual limits are for {ORDINARY[0]:g} x {ORDINARY[1]:g} px and {ORDINARY[2]:g} images"
    )
    return Limits(size, separation, scale, f"{reason}: the limits of size and separation follow them")


def extent_of_better(table: Reflections, quantile: float, enough: int = ENOUGH_SPOTS) -> np.ndarray:
    """(3,) px, px, images: the extents that hold ``quantile`` per cent of the stronger half; zeros where that is not
    ``enough`` spots.
    """
    counts, box = table["intensity.sum.value"], table["bbox"]
    if len(table) < 2 * enough:
        return np.zeros(3)
    better = counts >= np.median(counts)
    return np.asarray(np.percentile((box[:, 1::2] - box[:, ::2])[better], quantile, axis=0))
