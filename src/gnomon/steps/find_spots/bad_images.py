"""Images that should not count: which, why, and how many at most are left out.

Single ones that would spoil the others' data, stretches that hold no diffraction where those around them do, and
those with far too many strong pixels for spots.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from isal import isal_zlib

from gnomon.maths.images.blank_images import SpotCounts, blank_stretches
from gnomon.maths.images.odd_images import standing_out
from gnomon.models.detector import Detector
from gnomon.models.experiment import Experiment
from gnomon.models.reflections import Reflections
from gnomon.models.scan import ImageRange
from gnomon.models.valid_images import STRETCH, in_words, stretches_of, without
from gnomon.steps.find_spots.params import OWN_ALGORITHMS, FindSpotsParams
from gnomon.steps.find_spots.summary import BadImages, BlankStretch, SweepSummary
from gnomon.steps.find_spots.threshold import StrongPixels

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


_GROUPS = 15  # odd: the median is the mean of one
_SAMPLED = 32
"""Every so many-th row of pixels tells the background: to some percent, of a photon in thirty pixels."""


def background_of(
    image: Sequence[np.ndarray], use: Sequence[np.ndarray], strong: Sequence[StrongPixels]
) -> tuple[float, int]:
    """The mean count of pixels that are used and not strong, of some rows of each panel (ny, nx), 0 where none is; and
    how many pixels of these rows are used and have a count.

    A median of means (Nemirovsky & Yudin 1983): of groups of rows from all over the detector, so that the few bright
    pixels that are not taken for spots, at edges or as zingers, do not make a background of .2 counts twice as high.
    """
    total, number, valid = np.zeros(_GROUPS), np.zeros(_GROUPS), 0
    for pixels, mask, spots in zip(image, use, strong):
        rows = pixels[::_SAMPLED]
        counted = mask[::_SAMPLED] & (rows >= 0)
        group, y = np.arange(len(rows)) % _GROUPS, spots.index // pixels.shape[1]
        there = y % _SAMPLED == 0
        of_spots, used = y[there] // _SAMPLED % _GROUPS, counted.sum(axis=1)
        total += np.bincount(group, rows.sum(axis=1, where=counted, dtype=np.int64), _GROUPS)
        total -= np.bincount(of_spots, spots.value[there], _GROUPS)
        number += np.bincount(group, used, _GROUPS) - np.bincount(of_spots, minlength=_GROUPS)
        valid += int(used.sum())
    known = number > 0
    if not known.any():
        return 0.0, valid
    middle = float(np.median(total[known] / number[known]))
    return middle or float(total.sum() / number.sum()), valid  # of less than a count in most groups the mean tells more


def whole_of(image: Sequence[np.ndarray], use: Sequence[np.ndarray], strong: Sequence[StrongPixels]) -> Whole:
    """What the image (a (ny, nx) array a panel) is as a whole, of the pixels to be used; strong: those found on it."""
    background, valid = background_of(image, use, strong)
    return Whole(sum(len(panel.index) for panel in strong), valid, background, digest_of(strong))


def blank_images(images: Sequence[int], spots: Sequence[int], background: Sequence[float]) -> list[BlankStretch]:
    """The blank stretches of the ``images`` searched.

    spots, background: of each image, its spots and its mean count elsewhere.
    """
    found = blank_stretches(SpotCounts(np.array(spots, float)))
    blank = np.zeros(len(images), bool)
    for a, b in found:
        blank[a:b] = True
    usual = float(np.median(np.array(background)[~blank])) if not blank.all() else 0.0
    rows = []
    for a, b in found:
        share = float(np.mean(background[a:b])) / usual if usual > 0 else 1.0
        for first, last in stretches_of(images[a:b]):
            rows.append(BlankStretch(first, last, float(np.mean(spots[a:b])), share))
    return rows


def stretches_that_count(experiment: Experiment, report: SweepSummary) -> list[ImageRange]:
    """The stretches of images, searched or not, of which none is blank or bad, and none excluded before."""
    blank = [(row.first, row.last) for row in report.blank]
    return without(experiment.valid_ranges, [*blank, *stretches_of(left_out(report.bad))])


def with_stretches(spots: Reflections, stretches: Sequence[ImageRange]) -> Reflections:
    """The spots of one sweep with the column that tells index which images count."""
    image = np.floor(spots["xyzobs.px.value"][:, 2]).astype(int) + 1
    column = np.zeros((len(spots), 2))
    for first, last in stretches:
        column[(image >= first) & (image <= last)] = first, last
    return spots.with_columns({STRETCH: column})


def too_many_strong(fraction: float, detector: Detector, params: FindSpotsParams, signed: bool = False) -> str:
    """What was found, what was taken for the gain and from where, and what to do.

    signed: whether counts are noise about zero, for which the gain says nothing.
    """
    found = f"{fraction:.0%} of the pixels are strong, more than max_strong_pixel_fraction="
    found += f"{params.max_strong_pixel_fraction:g}"
    if params.algorithm == "radial_profile" or (params.algorithm is None and signed):
        return f"{found}; raise n_iqr"
    if params.algorithm is not None and params.algorithm not in OWN_ALGORITHMS:
        return f"{found}; {params.algorithm}, which another package brings, found them: choose another algorithm"
    if params.gain is not None:
        return f"{found}; the gain was {params.gain:g}, as given: is it higher? Or raise sigma_strong"
    gains = sorted({panel.gain for panel in detector.panels})
    used = f"{gains[0]:g}" if len(gains) == 1 else f"{gains[0]:g} to {gains[-1]:g}"
    source = "for headers that tell none" if gains == [1.0] else "as the experiment's detector has it"
    return (
        f"{found}; the gain was {used} {'count' if gains == [1.0] else 'counts'} a photon, {source}: if it is higher, "
        "give gain=... here, or to import; or raise sigma_strong"
    )
