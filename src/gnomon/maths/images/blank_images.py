"""Which images of a scan hold nothing beside their neighbours: no beam, or no crystal in it.

What each image holds (spots, or intensities on a common scale) is judged by what the images around hold, never by an
absolute number: counts that fade, turn with the crystal or are few all along are no blank. A stretch is blank where the
chance of what it holds under "a hundredth of the neighbours" exceeds that under "a seventh, at least" by e^10 for the
stretch as a whole; so short stretches need strong images, and weak ones are seen where they are long. The best set of
stretches is found by dynamic programming (Viterbi 1967, IEEE Trans. Inf. Theory 13, 260, for two states).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

NATS = 10.0
"""Least logarithm of odds of a stretch: one in 20,000, for as many places as a long scan has for it."""
FLANK_IMAGES, FLANK_SHARE = 5, 0.05
"""Images on each side of a stretch that are its neighbours: at least so many, and this share of the scan."""
EDGE_COUNTS, EDGE_MEANS = 0.5, 0.8
"""Images next to a blank stretch go with it below this share of their neighbours, by spots or by intensities: they were
exposed in part, or their reflections recorded in part."""
NEXT = 2
"""Images on each side of an end that tell whether what was held is lost at once."""
REACH = 10
"""Images, or those of a group, within which the end of a stretch is looked for."""
SUDDEN, STRONG = 0.35, 0.3
"""Within the end less than this is left of what is held without, and that is as much as this of what good images hold:
what fades within some images has no such end."""
FEWEST = 4
"""Images, or groups of them, of which some can be told from others."""
CLEARLY = 2.0
"""Errors by which an image that holds something is above one that does not."""
LOWEST = 3.0
"""Errors below nothing that a mean intensity may lie."""
ENOUGH_COUNTS, ENOUGH_SIGMA = 30.0, 6.0
"""What a group of images holds at least where images are good: spots, or standard deviations of the mean intensity."""


@dataclass(frozen=True)
class Share:
    """What images hold of what their neighbours do where they are blank, and at least where they are not."""

    nothing: float
    something: float

    @property
    def between(self) -> float:
        """Where both are as likely, for counts."""
        return (self.something - self.nothing) / float(np.log(self.something / self.nothing))


BLANK, ENDS = Share(0.01, 0.15), Share(0.01, 0.5)
"""Of stretches; and of what lies beyond their ends, which breaks off there: noise does not move those by much."""


class Evidence(Protocol):
    """What tells how much each image holds."""

    @property
    def held(self) -> np.ndarray:
        """(n,) of each image."""

    def error(self, nothing: np.ndarray | float) -> np.ndarray:
        """(n,) by which an image that holds ``nothing`` (n,), or next to it, may seem to hold something."""

    @property
    def edge(self) -> float:
        """Share of the neighbours below which an image next to a blank stretch goes with it."""

    def grouped(self, size: int) -> Self:
        """The same of groups of ``size`` images."""

    def group_size(self) -> int:
        """Images that must be taken together to tell something from nothing."""

    def score(self, level: np.ndarray, share: Share) -> np.ndarray:
        """(n,) log odds of nothing against something, where neighbours hold ``level`` (n,)."""


@dataclass(frozen=True, eq=False)
class SpotCounts:
    """Evidence from the number of spots on each image, by Poisson's law."""

    counts: np.ndarray  # (n,)
    per: int = 1  # images in a group
    edge: float = EDGE_COUNTS

    @property
    def held(self) -> np.ndarray:
        """(n,) spots per image."""
        return np.asarray(self.counts / self.per)

    def error(self, nothing: np.ndarray | float) -> np.ndarray:
        """(n,) by Poisson's law, of one spot more than there is."""
        return np.sqrt(np.asarray(nothing) * self.per + 1.0) / self.per * np.ones(len(self.counts))

    def grouped(self, size: int) -> SpotCounts:
        """The sums of groups."""
        return SpotCounts(np.add.reduceat(self.counts, _starts(len(self.counts), size)), size)

    def group_size(self) -> int:
        """So that a good group has enough spots."""
        return _size(ENOUGH_COUNTS / max(_better(self.held), 1e-9), len(self.counts))

    def score(self, level: np.ndarray, share: Share) -> np.ndarray:
        """(n,) log odds of nothing."""
        low, high = share.nothing * level * self.per, share.something * level * self.per
        return (high - low) - self.counts * np.log(share.something / share.nothing)


@dataclass(frozen=True, eq=False)
class MeanIntensities:
    """Evidence from intensities on a common scale: sums of weighted intensities, weights 1/sigma², and numbers (n,)."""

    total: np.ndarray
    weight: np.ndarray
    number: np.ndarray
    edge: float = EDGE_MEANS

    @property
    def held(self) -> np.ndarray:
        """(n,) the mean intensity; 0 where nothing was measured."""
        return np.asarray(self.total / np.where(self.weight > 0, self.weight, 1.0))

    def error(self, nothing: np.ndarray | float) -> np.ndarray:
        """(n,) of the mean, whatever it is; 0 where nothing was measured."""
        known = self.weight > 0
        return np.where(known, 1 / np.sqrt(np.where(known, self.weight, 1.0)), 0.0)

    def grouped(self, size: int) -> MeanIntensities:
        """The sums of groups."""
        starts = _starts(len(self.total), size)
        total, weight, number = (np.add.reduceat(a, starts) for a in (self.total, self.weight, self.number))
        return MeanIntensities(total, weight, number)

    def group_size(self) -> int:
        """So that the mean of a good group is well above its error."""
        known = self.weight > 0
        if not known.any():
            return len(self.total)
        relative = np.median(1 / np.sqrt(self.weight[known])) / max(_better(self.held), 1e-9)
        return _size((ENOUGH_SIGMA * relative) ** 2, len(self.total))

    def score(self, level: np.ndarray, share: Share) -> np.ndarray:
        """(n,) log odds of nothing; intensities spread by as much as their mean (Wilson 1949), besides their errors.

        Those of two normal distributions, so that they add up; means far below zero count as outliers do, no more.
        """
        low, high = share.nothing * level, share.something * level
        known = self.weight > 0
        variance = 1 / np.where(known, self.weight, 1.0) + high**2 / np.maximum(self.number, 1)
        mean = np.maximum(self.held, low - LOWEST * np.sqrt(variance))
        odds = (mean - high) ** 2 - (mean - low) ** 2
        return np.where(known, odds / (2 * np.maximum(variance, 1e-30)), 0.0)


def blank_stretches(images: Evidence, share: Share = BLANK) -> list[tuple[int, int]]:
    """Half-open ranges of images, from 0, that hold nothing where those around do.

    What neighbours hold is told by groups that hold enough where images are good; the odds are summed image by image.
    """
    size = images.group_size()
    groups = images.grouped(size)
    if len(groups.held) < FEWEST:
        return []
    lit, level = _lit(groups, share)
    if (lit.all() and size == 1) or not lit.any():
        return []
    n = len(images.held)
    each = np.repeat(level, size)[:n]
    ends, reach = images.score(each, ENDS), max(REACH, size)
    found = [_to_the_image(ends, a, b, reach) for a, b in _best_stretches(images.score(each, share))]
    found = [(a, b) for a, b in found if _is_sudden(images.held, size, a, b)]
    if size > 1:
        return found
    share_held = images.held / np.where(level > 0, level, 1.0)
    return [_with_edges(share_held, images.edge, a, b) for a, b in found]


def _better(held: np.ndarray) -> float:
    """What the better images hold."""
    return float(np.quantile(held, 0.9)) if len(held) else 0.0


def _size(images: float, n: int) -> int:
    """A whole number of images, of ``n``."""
    return int(np.clip(np.ceil(images), 1, max(n, 1)))


def _starts(n: int, size: int) -> np.ndarray:
    """Where groups of ``size`` of ``n`` images begin."""
    return np.arange(0, n, size)


def _lit(images: Evidence, share: Share) -> tuple[np.ndarray, np.ndarray]:
    """(n,) bool: images that hold something beside their neighbours, and (n,) what the neighbours of each hold.

    First those that hold something beside the best images; then, from these outwards, whatever holds its own beside
    those next to it, so that what fades is followed to its end. A stray spot or two on a blank image are no such end.
    """
    held = images.held

    def more_than_nothing(level: np.ndarray | float) -> np.ndarray:
        return np.asarray(held > share.between * level + CLEARLY * images.error(share.nothing * level))

    lit = more_than_nothing(_better(held))
    width = max(FLANK_IMAGES, round(FLANK_SHARE * len(held)))
    level = _neighbours(held, lit, width)
    while True:
        more = lit | more_than_nothing(level)
        if (more == lit).all():
            return lit, level
        lit, level = more, _neighbours(held, more, width)


def _neighbours(held: np.ndarray, lit: np.ndarray, width: int) -> np.ndarray:
    """(n,) the mean of the nearest ``width`` lit images before each, or after it, whichever is less; 0 of none."""
    at = np.flatnonzero(lit)
    total = np.concatenate([[0.0], np.cumsum(held[at])])
    before, after = (np.searchsorted(at, np.arange(len(held)), side=side) for side in ("left", "right"))
    low, high = np.maximum(before - width, 0), np.minimum(after + width, len(at))
    left = (total[before] - total[low]) / np.maximum(before - low, 1)
    right = (total[high] - total[after]) / np.maximum(high - after, 1)
    level: np.ndarray = np.where(before == low, right, np.where(high == after, left, np.minimum(left, right)))
    return level


def _best_stretches(score: np.ndarray) -> list[tuple[int, int]]:
    """The half-open ranges that make the sum of their scores, less NATS for each, as large as can be."""
    outside, inside = 0.0, -np.inf  # the best sum up to here, if this image is in no stretch, and if it is in one
    came_in, opened = np.zeros((2, len(score)), bool)
    for i, gain in enumerate(score):
        opened[i] = outside - NATS > inside
        came_in[i] = inside > outside  # what is outside from here on was inside before
        outside, inside = max(outside, inside), max(outside - NATS, inside) + gain
    found, i, end = [], len(score), len(score) if inside > outside else None
    while i > 0:
        i -= 1
        if end is None:
            end = i if came_in[i] else None
        elif opened[i]:
            found.append((i, end))
            end = i if came_in[i] else None
    return found[::-1]


def _is_sudden(held: np.ndarray, size: int, start: int, stop: int) -> bool:
    """Whether what is held, by groups of ``size`` images, breaks off at each end of the range that is not the scan's
    end.
    """
    reach = NEXT * size
    sides = [(held[max(start - reach, 0) : start][::-1], held[start : min(start + reach, stop)])]
    sides += [(held[stop : stop + reach], held[max(stop - reach, start) : stop])]
    ends = [(_best_group(without, size), within.mean()) for without, within in sides if len(without)]
    return all(within <= SUDDEN * without and without >= STRONG * _better_group(held, size) for without, within in ends)


def _best_group(held: np.ndarray, size: int) -> float:
    """The largest mean of ``size`` images, counted from the first of (n,)."""
    return float(max(held[i : i + size].mean() for i in range(0, max(len(held) - size + 1, 1), size)))


def _better_group(held: np.ndarray, size: int) -> float:
    """What the better groups of ``size`` images hold."""
    starts = _starts(len(held), size)
    return _better(np.add.reduceat(held, starts) / np.diff([*starts, len(held)]))


def _to_the_image(score: np.ndarray, start: int, stop: int, reach: int) -> tuple[int, int]:
    """The range whose ends, within ``reach`` images of those given, make the sum of scores (n,) largest."""
    total = np.concatenate([[0.0], np.cumsum(score)])
    middle = (start + stop) // 2
    first = np.arange(max(start - reach, 0), min(start + reach, middle) + 1)
    last = np.arange(max(stop - reach, middle + 1), min(stop + reach, len(score)) + 1)
    return int(first[np.argmin(total[first])]), int(last[np.argmax(total[last])])


def _with_edges(share: np.ndarray, edge: float, start: int, stop: int) -> tuple[int, int]:
    """The range with the images next to it that hold a ``share`` (n,) of their neighbours' below ``edge``."""
    while start > 0 and share[start - 1] < edge:
        start -= 1
    while stop < len(share) and share[stop] < edge:
        stop += 1
    return start, stop
