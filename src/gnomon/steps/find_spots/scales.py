"""Whether it pays to search sums of images, how many are added up, and what becomes of the spots found either way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from gnomon.models.reflections import Reflections
from gnomon.steps.find_spots.filters import MEDIAN, extent_of_better
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.find_spots.sums import Scale, Summed

DEEP = 5.0
"""Images that the better half of the spots have strong pixels on, from which sums are tried: 2 of images of half a
degree, 4 of 0.1 degree images of a crystal of 0.05 degrees, where sums find no true spot more; 6 of .15 degrees."""
OF_DEPTH = 6.0  # of a spot's images, so many-th a stride: a window is a third of it, as good as any up to two thirds
LARGE_CELL = 4.0  # of a spot's pixels, so many-th a cell: it stays a spot, and does not meet its neighbours
MOST_IMAGES, MOST_PIXELS = 16, 4
MOST_BYTES = 250_000_000  # that the cells of a window may take
SPOTS, FEW = 20, 1.0  # spots whose depth tells; spots an image, fewer of which tell that images may be too dim alone
WIDEST = 1.2  # degrees that a window may turn where no spot tells: crystals rarely rock over more
UNKNOWN = (4, 8)  # images, where spots tell nothing
FINE_PIXEL = 0.1  # mm: two a cell then, where spots tell nothing
STRETCHES, WINDOWS = 3, 5  # of images on which it is tried, and the windows in each
PAYS, LEAST = 0.1, 10
"""Sums are worth while where, on these stretches, they find or measure better so many spots, as a share of those
found without and as a number."""
WHOLE, SEVERAL = 0.5, 0.3
"""A spot found on single images stays where it has this share of the counts; what holds several, of which all but
the first have that share of theirs, is several spots."""

Search = Callable[[Iterable[int], Scale, Reflections], Summed]
"""Searches sums of the images of these numbers, given the spots found on single images."""


@dataclass(frozen=True)
class Instrument:
    """Pixels of the detector, the smaller edge of one (mm), and degrees an image."""

    pixels: int
    pixel_size: float
    width: float


def scales_to_try(spots: Reflections, n_images: int, instrument: Instrument, params: FindSpotsParams) -> list[Scale]:
    """Scales of sums that may suit, as spots found on single images tell; none where these are not deep."""
    asked = params.sum_images
    if asked == 1 or n_images < 4:
        return []
    extent = extent_of_better(spots, 50.0, SPOTS)
    x, y, depth = extent if extent[2] else (*MEDIAN[:2], 0.0)
    cell = int(np.clip(min(x, y) // LARGE_CELL, 1, MOST_PIXELS))
    if asked is not None:
        numbers = [asked + asked % 2]
    elif depth >= DEEP:
        numbers = [2 * max(2, round(depth / OF_DEPTH))]
    elif depth == 0 or (len(spots) < FEW * n_images and depth > MEDIAN[2]):
        numbers = [n for n in UNKNOWN if 0 < n * abs(instrument.width) <= WIDEST]
        cell = 2 if instrument.pixel_size <= FINE_PIXEL else 1
    else:
        return []
    longest = int(max(5 * depth, 8 * max(numbers, default=0)))
    most = max(2, MOST_BYTES * cell**2 // (2 * instrument.pixels) // 2 * 2)
    limits = min(MOST_IMAGES, most, n_images // 2 * 2)
    return [Scale(min(n, limits), cell, longest) for n in numbers]


def stretches(images: list[int], scale: Scale) -> list[list[int]]:
    """Those images, evenly spread, on which a scale is tried; all where that is not many fewer."""
    n = WINDOWS * scale.stride + scale.stride
    if 2 * STRETCHES * n >= len(images):
        return [images]
    middles = [len(images) * (2 * k + 1) // (2 * STRETCHES) for k in range(STRETCHES)]
    return [images[m - n // 2 : m - n // 2 + n] for m in middles]


@dataclass(frozen=True)
class United:
    """The spots of both searches; of those of sums, how many are ``new`` and how many take the place of others.

    pieces: spots of single images that went into larger ones.
    """

    table: Reflections
    new: int
    measured_anew: int
    pieces: int


def unite(spots: Reflections, sums: Summed) -> United:
    """Of each spot once the better of what was found on single images and in sums.

    What was found in sums is new where it holds no spot; stays out where it holds several of similar strength, which
    then are neighbours, or one that has most of its counts; else it takes the place of those it holds.
    """
    n, counts = len(sums.table), spots["intensity.sum.value"]
    held = np.flatnonzero(sums.holder >= 0)
    by = sums.holder[held]
    number, total, first = np.bincount(by, minlength=n), np.bincount(by, counts[held], n), np.zeros(n)
    np.maximum.at(first, by, counts[held])
    several = total - first > SEVERAL * total
    whole = ~several & (number > 0) & (first >= WHOLE * sums.table["intensity.sum.value"])
    chosen = ~several & ~whole
    stays = np.ones(len(spots), bool)
    stays[held] = several[by] | (whole[by] & (counts[held] == first[by]))
    table = Reflections.concatenate([spots.select(stays), sums.table.select(chosen)])
    box = table["bbox"]
    order = np.lexsort((box[:, 0], box[:, 2], box[:, 4], table["panel"]))
    new = int((chosen & (number == 0)).sum())
    return United(table.select(order), new, int(chosen.sum()) - new, int((~stays).sum()))


@dataclass(frozen=True)
class Choice:
    """The scale that is worth while, or none; what its search gave where that was of all images; and, of the stretches
    where it was tried, how many spots it bettered of how many.
    """

    scale: Scale | None
    united: United | None = None
    gained: int = 0
    known: int = 0


def best_scale(images: list[int], spots: Reflections, scales: list[Scale], search: Search) -> Choice:
    """The scale by which most spots are new or measured better, where these are worth while."""
    choices = [_tried(images, spots, scale, search) for scale in scales]
    best = max(choices, key=lambda choice: choice.gained, default=Choice(None))
    return best if best.gained >= max(LEAST, PAYS * best.known) else replace(best, scale=None)


def _tried(images: list[int], spots: Reflections, scale: Scale, search: Search) -> Choice:
    known = gained = 0
    some = stretches(images, scale)
    for stretch in some:
        z = spots["xyzobs.px.value"][:, 2]
        here = spots.select((z >= stretch[0] - 1) & (z < stretch[-1]))
        united = unite(here, search(stretch, scale, here))
        known, gained = known + len(here), gained + united.new + united.measured_anew
    return Choice(scale, united if some == [images] else None, gained, known)
