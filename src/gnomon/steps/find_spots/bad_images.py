"""Single images that would spoil the others' data: which, why, and how many at most are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from isal import isal_zlib

from gnomon.maths.odd_images import standing_out
from gnomon.models.valid_images import in_words, stretches_of
from gnomon.steps.find_spots.strong import StrongPixels
from gnomon.steps.find_spots.summary import BadImages

MOST, MOST_SHARE = 2, 0.1
"""Images of one fault that are left out, at most so many or this share: what is commoner is how the sweep is."""
DIMMER, FEWER_PIXELS, MORE_SPOTS = 1.5, 1.1, 3.0
"""Factors on the background, on the pixels that have a value and on the number of spots from which an image is odd.

A scale of 1.5 in one image is what curves along the scan do not follow; zones of small cells double the spots at most.
"""
_FEW = 5.0  # spots, added before ratios are taken: one image with 8 among others with 1 is nothing
_TELLING = 50  # strong pixels that are the same in two images by no chance


@dataclass(frozen=True)
class Whole:
    """What an image is as a whole: strong pixels, all pixels that have a count, of some rows, and their mean count."""

    strong: int
    valid: int
    background: float
    digest: tuple[int, ...]  # of all strong pixels and their counts; empty where these are few


@dataclass
class Flood:
    """Images with too many strong pixels, of ``total`` that are searched; ``limit``: the fraction that is too much."""

    total: int
    limit: float
    images: list[str] = field(default_factory=list)
    largest: float = 0.0

    def takes(self, fraction: float, image: int, experiment: int) -> bool:
        """Whether this image is one of them."""
        if fraction <= self.limit:
            return False
        self.images.append(f"image {image} of experiment {experiment}")
        self.largest = max(self.largest, fraction)
        return True

    def add(self, other: Flood) -> None:
        """Count those of another sweep too."""
        self.images += other.images
        self.largest = max(self.largest, other.largest)

    @property
    def is_the_rule(self) -> bool:
        """Whether more than half of all images are such."""
        return 2 * len(self.images) > self.total

    @property
    def where(self) -> str:
        """On which images, in words."""
        return f"on more than half of the {self.total} images, first on {self.images[0]}, up to"


def digest_of(strong: Sequence[StrongPixels]) -> tuple[int, ...]:
    """The same of two images where all strong pixels and their counts are the same; empty where these are few.

    Two checksums of 32 bits a panel: of a million pairs of images none is the same by chance.
    """
    if sum(len(panel.index) for panel in strong) < _TELLING:
        return ()
    return tuple(isal_zlib.crc32(part.data) for panel in strong for part in (panel.index, panel.value))


def odd_images(images: Sequence[int], wholes: Sequence[Whole], spots: Sequence[int]) -> list[BadImages]:
    """For each fault of some ``images`` of a sweep those that have it; left in where they are too many for an accident.

    wholes, spots: of each image, what it is as a whole, and its number of spots.
    """
    numbers, n = np.array(images), len(images)
    background, valid = (np.array([getattr(w, name) for w in wholes], float) for name in ("background", "valid"))
    levels = {
        "{} of the pixels of the images around have a value": (valid, FEWER_PIXELS),
        "the background is {} of that of the images around": (background, DIMMER),
        "there are {} times as many spots as on the images around": (np.array(spots) + _FEW, MORE_SPOTS),
    }
    rows = _copies(numbers, wholes)
    for words, (value, factor) in levels.items():
        if n and np.median(value) > 0:
            off = standing_out(np.log(np.maximum(value, 1e-3 * np.median(value))), float(np.log(factor)))
            off = np.minimum(off, 0.0) if factor == FEWER_PIXELS else off
            off = np.maximum(off, 0.0) if factor == MORE_SPOTS else off
            rows += _row(numbers[off != 0], words.format(_span(np.exp(off[off != 0]))))
    return [replace(row, left_in=len(row.images) > max(MOST, MOST_SHARE * n)) for row in rows]


def flooded_row(images: Sequence[int], fractions: Sequence[float]) -> list[BadImages]:
    """The row, as of :func:`odd_images`, of images with too many strong pixels; none where there are none."""
    return _row(np.array(images, int), f"{_span(100 * np.array(fractions), '.0f')} % of the pixels are strong")


def left_out(rows: Sequence[BadImages]) -> list[int]:
    """The numbers of all images that are left out."""
    return sorted({image for row in rows if not row.left_in for image in row.images})


def _copies(numbers: np.ndarray, wholes: Sequence[Whole]) -> list[BadImages]:
    """The row of images that are the same as another: nobody knows which of them is where it belongs."""
    seen: dict[tuple[int, ...], list[int]] = {}
    for number, whole in zip(numbers.tolist(), wholes):
        if whole.digest:
            seen.setdefault(whole.digest, []).append(number)
    same = [copies for copies in seen.values() if len(copies) > 1]
    if not same:
        return []
    named = " and ".join(in_words(stretches_of(copies)) for copies in same[:3])
    return _row(np.concatenate(same), f"{named} are the same to the last count, and only one can be in its place")


def _row(images: np.ndarray, why: str) -> list[BadImages]:
    return [BadImages(tuple(np.sort(images).tolist()), why)] if len(images) else []


def _span(values: np.ndarray, form: str = ".2f") -> str:
    """``0.3`` or ``0.3 to 0.4``; nothing where there is no value."""
    if not len(values):
        return ""
    low, high = (format(float(v), form) for v in (values.min(), values.max()))
    return low if low == high else f"{low} to {high}"
