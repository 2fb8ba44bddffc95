"""Whether the spots of a sweep fall to pieces from image to image, and over how many images pieces are to be joined.

Where a rocking curve is spread over tens of images, few photons fall on each: a pixel within a spot is strong on one
image, not on the next, and again on the one after. Such gaps are those of chance: with a probability p of being
strong they have a geometric distribution, with p that vary from pixel to pixel a mixture of these, whose frequencies h
fall and are log-convex, h(g)^2 <= h(g - 1) h(g + 1) (by the inequality of Cauchy and Schwarz for the moments of 1 - p).
Reflections that follow each other at a place, as on images of half a degree, do so after a typical number of images.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.steps.find_spots.params import FindSpotsParams

PIXELS, IMAGES = 300_000, 20  # strong pixels, and images that have any, of the beginning of a sweep that tell
SPOTS, MOST_PIXELS = 100, 3_000_000
"""Spots that are among these pixels, else twice as many are waited for, up to some 100 MB: a sweep may begin blank."""
FRAGMENTED = 0.15
"""Share of the groups that follow another after one image: .34 at 0.8 degrees and 0.1 degree images, .05 at 0.1 to 0.15
degrees, .02 to .035 of images of 0.5 and 1 degree."""
ENOUGH = 40  # groups, to know the share of
NEGLIGIBLE = 0.02  # of the pixels that follow another: so many more would be joined by the next longer gap
CONVEX, LOOKED_AT = 1.3, 4  # times the right-hand side of the inequality that chance allows; gaps g from 2 to this
LONGEST = 10  # images from a pixel to the next that are ever joined


@dataclass(frozen=True)
class Strong:
    """What of strong pixels matters here: their place (N,) on the detector, image (N,) and group (N,)."""

    place: np.ndarray
    z: np.ndarray
    group: np.ndarray


@dataclass(frozen=True)
class Linking:
    """How far apart images are of which the same pixel is joined, and why that is more than 1; 0: none are joined."""

    reach: int
    reason: str = ""


def asked_linking(params: FindSpotsParams) -> Linking | None:
    """What is asked for; None where the data are to tell."""
    if params.force_2d:
        return Linking(0)
    return None if params.max_gap is None else Linking(params.max_gap + 1)


def linking_told_by(strong: Strong, is_spot: np.ndarray) -> Linking:
    """What the pixels show. ``is_spot``: (n,) bool, the groups (joined from image to image) that are not too small."""
    order = np.lexsort((strong.z, strong.place))
    place, z, group = strong.place[order], strong.z[order], strong.group[order]
    gap = np.where(place[1:] == place[:-1], z[1:] - z[:-1], 0)
    new = (gap == 2) & (group[1:] != group[:-1]) & is_spot[group[1:]] & is_spot[group[:-1]]
    n = int(is_spot.sum())
    share = len(np.unique(group[1:][new])) / max(n, 1)
    frequency = np.bincount(gap[(gap > 0) & (gap <= LONGEST)], minlength=LONGEST + 1)
    if n < ENOUGH or share < FRAGMENTED or not _is_of_chance(frequency):
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
