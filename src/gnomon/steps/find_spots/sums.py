"""Spots in sums of consecutive images: those that are too faint for a strong pixel on any one of them.

A rocking curve over many images, or a spot over many pixels, leaves so few photons in each that none is strong, where
the whole spot stands far above its background. So images are added up, a window of them at a time, each window half
upon the one before, and where pixels are small some of them to a cell; the usual test is then applied to the sums.
Where a cell is strong, it is strong on all images of the window; centroids and intensities are of the counts of each
image above the level about, so that it does no harm that some of these hold nothing of the spot.

Whether that pays, how many images are added up, and what becomes of the spots found either way, is the second part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gnomon.kernels.cells import add_images, bin_pixels, level_about
from gnomon.models.detector import Detector, Panel
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.steps.find_spots.joining import MEDIAN, extent_of_better
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.find_spots.spots import Pixels, labelled, smallest_spot
from gnomon.steps.find_spots.threshold import Threshold, net_pixels, trusted_counts

_REACH = 7  # cells each way of which the level about a strong one is the mean: three spots wide
_ENOUGH = 500_000  # cells of single images that wait before spots are looked for among them
_CUT = 0.25
"""Of the counts on its best image, what a spot has on the first or last image of all if the scan's end cuts it: its
centroid is then not that of the whole, and it stays out."""
_MOST = 1e9  # counts of a cell in a sum: all are trusted that were on each image


@dataclass(frozen=True)
class Scale:
    """What is added up: images, an even number, and pixels each way; ``longest``: images that no spot exceeds."""

    images: int
    pixels: int
    longest: int

    @property
    def stride(self) -> int:
        """Images from a window to the next."""
        return self.images // 2


@dataclass(frozen=True)
class Cells:
    """A detector whose pixels are cells, and which of these are used: a (m, n) bool a panel."""

    detector: Detector
    pixels: tuple[Panel, ...]
    valid: tuple[np.ndarray, ...]
    size: int

    @classmethod
    def of(cls, detector: Detector, use: Sequence[np.ndarray], size: int) -> Cells:
        """Of pixels that are to be used, a (ny, nx) bool a panel: cells of which all are; what remains at edges is
        none.
        """
        valid = tuple(_whole_cells(mask, size) for mask in use)
        panels = tuple(_panel_of_cells(panel, mask.shape) for panel, mask in zip(detector.panels, valid))
        return cls(replace(detector, panels=panels), detector.panels, valid, size)

    def counts(self, image: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The cells of one image (panels of (ny, nx)): a (m, n) uint16 a panel, as of ``bin_pixels``."""
        found = []
        for pixels, panel, valid in zip(image, self.pixels, self.valid):
            cells = np.empty(valid.shape, np.uint16)
            columns = np.empty(pixels.shape[1], np.int32)
            bin_pixels(net_pixels(pixels, panel), *trusted_counts(panel), valid, self.size, columns, cells)
            found.append(cells)
        return found


def _whole_cells(use: np.ndarray, size: int) -> np.ndarray:
    ny, nx = (n // size for n in use.shape)
    blocks = np.asarray(use[: ny * size, : nx * size]).reshape(ny, size, nx, size)
    return np.ascontiguousarray(blocks.all(axis=(1, 3)))


def _panel_of_cells(panel: Panel, shape: tuple[int, ...]) -> Panel:
    return replace(
        panel, image_size=(shape[1], shape[0]), trusted_range=(0.0, _MOST), pedestal=0.0, mask=(), offsets=None
    )


@dataclass(frozen=True)
class Faint:
    """Strong cells of single images: panel, z, y, x, and counts (N,) int32; ``level``: what is about each (N,)."""

    pixels: Pixels
    level: np.ndarray

    @classmethod
    def joined(cls, parts: Sequence[Faint]) -> Faint:
        """All of them, each cell of an image once, as it was first seen; by panel, z, y, x."""
        pixels = Pixels(
            *(np.concatenate([getattr(p.pixels, name) for p in parts]) for name in Pixels.__dataclass_fields__)
        )
        level = np.concatenate([p.level for p in parts])
        order = np.lexsort((pixels.x, pixels.y, pixels.z, pixels.panel))
        pixels, level = pixels.at(order), level[order]
        place = np.stack([pixels.panel, pixels.z, pixels.y, pixels.x])
        first = np.ones(len(level), bool)
        first[1:] = (place[:, 1:] != place[:, :-1]).any(axis=0)
        return cls(pixels.at(first), level[first])

    def at(self, index: np.ndarray) -> Faint:
        """Those at ``index``, a mask or numbers."""
        return Faint(self.pixels.at(index), self.level[index])


@dataclass(frozen=True)
class Summed:
    """Spots found in sums, and for each spot found on single images the number of that which holds it, or -1."""

    table: Reflections
    holder: np.ndarray


class SpotsInSums:
    """Takes the cells of images in order; memory is that of a window, and of spots that may still grow.

    ``spots`` were found on single images; what is static, as hot pixels are, is no spot and is looked at no more.
    """

    def __init__(self, cells: Cells, scale: Scale, params: FindSpotsParams, spots: Reflections) -> None:
        self._cells = replace(cells, valid=tuple(valid.copy() for valid in cells.valid))
        self._scale, self._params = scale, params
        self._threshold = Threshold(cells.detector, self._cells.valid, params)
        self._ring: list[np.ndarray] = [np.empty((scale.images, *valid.shape), np.uint16) for valid in cells.valid]
        self._total: list[np.ndarray] = [np.empty(valid.shape, np.int32) for valid in cells.valid]
        self._strong: list[np.ndarray] = [np.zeros(valid.shape, bool) for valid in cells.valid]
        self._z: list[int] = []  # of the run of images that follow each other
        self._since = self._seen = 0  # images since the last window, and in all
        self._waiting: list[Faint] = [_none()]
        self._tables: list[Reflections] = []
        self._count = 0
        self._at = _places(spots, cells.size)
        self._holder = np.full(len(spots), -1)

    def add(self, z: int, cells: Sequence[np.ndarray]) -> None:
        """The cells of the image at ``z``, which is above all before."""
        if self._z and z != self._z[-1] + 1:
            self._end_run()
        slot = len(self._z) % self._scale.images
        for ring, counts in zip(self._ring, cells):
            ring[slot] = counts
        self._z.append(z)
        self._seen += 1
        self._since += 1
        if len(self._z) >= self._scale.images and (self._since >= self._scale.stride or not self._had_window):
            self._search_window()

    def finish(self) -> Summed:
        """The spots, in the order in which they ended."""
        self._end_run()
        tables = self._tables or [_measured(_none(), np.empty(0, np.int32), 0, self._cells)]
        return Summed(Reflections.concatenate(tables), self._holder)

    @property
    def _had_window(self) -> bool:
        return self._since < len(self._z)

    def _end_run(self) -> None:
        """The last window, of images that no other holds, and all spots up to here."""
        if len(self._z) > 1 and self._since:
            self._search_window()
        self._measure(None)
        self._z, self._since = [], 0

    def _search_window(self) -> None:
        """The strong cells of the window that ends here."""
        n = min(len(self._z), self._scale.images)
        z = np.array(self._z[-n:], np.int32)
        slots = (np.arange(len(self._z) - n, len(self._z))) % self._scale.images
        for ring, total in zip(self._ring, self._total):
            add_images(ring[:n] if n < self._scale.images else ring, total)
        for panel, found in enumerate(self._threshold(self._total)):
            if len(found.index):
                self._waiting.append(self._faint(panel, z, slots, found.index))
        self._since = 0
        if sum(len(part.level) for part in self._waiting[1:]) >= max(_ENOUGH, len(self._waiting[0].level)):
            self._measure(int(z[0]) + self._scale.stride)

    def _faint(self, panel: int, z: np.ndarray, slots: np.ndarray, index: np.ndarray) -> Faint:
        """The cells ``index`` of a panel on each image of the window."""
        total, valid, strong = self._total[panel], self._cells.valid[panel], self._strong[panel]
        flat = strong.reshape(-1)
        flat[index] = True
        level = np.empty(len(index))
        level_about(total, valid, strong, _REACH, index, level)
        flat[index] = False
        counts = self._ring[panel].reshape(len(self._ring[panel]), -1)[np.ix_(slots, index)]
        y, x = (at.astype(np.int32) for at in np.divmod(index, total.shape[1]))
        n, k = len(z), len(index)
        place = np.full(n * k, panel, np.int32), np.repeat(z, k), np.tile(y, n), np.tile(x, n)
        return Faint(Pixels(*place, counts.ravel().astype(np.int32)), np.tile(level / n, n))

    def _measure(self, next_z: int | None) -> None:
        """Measure the spots that end before the window that begins at ``next_z``; all, where there is none."""
        faint = Faint.joined(self._waiting)
        pixels = faint.pixels
        label, count = labelled(pixels, np.arange(len(pixels.z), dtype=np.int32), self._cells.detector, 1)
        first, last = _reach_of(label, pixels.z, count)
        static = (last - first + 1 > self._scale.longest) | self._is_everywhere(last - first + 1)
        open_ = (last >= next_z - 1) & ~static if next_z is not None else np.zeros(count, bool)
        self._exclude(pixels.at(static[label]))
        self._take(faint, label, ~(open_ | static))
        self._waiting = [faint.at(open_[label])]

    def _is_everywhere(self, depth: np.ndarray) -> np.ndarray:
        """Whether groups of ``depth`` images are on all that came, far more than a spot needs."""
        return (depth >= self._seen) & (2 * depth > self._scale.longest)

    def _exclude(self, pixels: Pixels) -> None:
        for panel, valid in enumerate(self._cells.valid):
            here = pixels.panel == panel
            valid[pixels.y[here], pixels.x[here]] = False

    def _take(self, faint: Faint, label: np.ndarray, wanted: np.ndarray) -> None:
        """Keep the groups ``wanted`` that are spots, and note which of the known ones they hold."""
        cell = np.stack([label, faint.pixels.y, faint.pixels.x])[:, np.lexsort((faint.pixels.x, faint.pixels.y, label))]
        new = np.ones(len(label), bool)
        new[1:] = (cell[:, 1:] != cell[:, :-1]).any(axis=0)
        area = np.bincount(cell[0][new], minlength=len(wanted))
        net = np.bincount(label, faint.pixels.value - faint.level, len(wanted))
        keep = wanted & (area >= smallest_spot(self._cells.detector, self._params)) & (net > 0)
        keep &= ~_is_cut(faint, label, len(wanted), (self._z[0], self._z[-1]))
        number = np.where(keep, self._count + np.cumsum(keep) - 1, -1)
        known, row = _positions(self._at, faint.pixels)
        held = number[label[row[known]]]
        self._holder[np.flatnonzero(known)[held >= 0]] = held[held >= 0]
        rows = keep[label]
        renumbered = (np.cumsum(keep) - 1)[label[rows]].astype(np.int32)
        self._tables.append(_measured(faint.at(rows), renumbered, int(keep.sum()), self._cells))
        self._count += int(keep.sum())


def _none() -> Faint:
    return Faint(Pixels(*(np.empty(0, np.int32) for _ in range(5))), np.empty(0))


def _reach_of(label: np.ndarray, z: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(count,) the first and the last z of each group."""
    first, last = np.full(count, np.iinfo(np.int32).max), np.full(count, -1)
    np.minimum.at(first, label, z)
    np.maximum.at(last, label, z)
    return first, last


def _is_cut(faint: Faint, label: np.ndarray, count: int, ends: tuple[int, int]) -> np.ndarray:
    """(count,) bool: whether the first or the last of all images, ``ends``, cuts a group."""
    z = faint.pixels.z
    first, last = _reach_of(label, z, count)
    starts = np.concatenate([[0], np.cumsum(np.maximum(last - first + 1, 0))])
    if not len(z):
        return np.zeros(count, bool)
    net = np.bincount(starts[label] + z - first[label], faint.pixels.value - faint.level, starts[-1])
    best = np.maximum.reduceat(net, starts[:-1])
    at_ends = np.where(first == ends[0], net[starts[:-1]], 0.0), np.where(last == ends[1], net[starts[1:] - 1], 0.0)
    return np.asarray(np.maximum(*at_ends) > _CUT * best)


def _places(spots: Reflections, size: int) -> np.ndarray:
    """(4, n) panel, z, y, x of the cells of single images in which the centroids of spots lie."""
    x, y, z = np.floor(spots["xyzobs.px.value"].T).astype(np.int64)
    return np.stack([spots["panel"], z, y // size, x // size])


def _positions(at: np.ndarray, pixels: Pixels) -> tuple[np.ndarray, np.ndarray]:
    """Which places (4, n) are among the cells, which are in order, and where each is, or 0."""
    shape = [
        int(max(a.max(initial=0), b.max(initial=0))) + 1
        for a, b in zip(at, (pixels.panel, pixels.z, pixels.y, pixels.x))
    ]
    keys, wanted = (
        ((p.astype(np.int64) * shape[1] + z) * shape[2] + y) * shape[3] + x
        for p, z, y, x in ((pixels.panel, pixels.z, pixels.y, pixels.x), at)
    )
    if not len(keys):
        return np.zeros(at.shape[1], bool), np.zeros(at.shape[1], int)
    row = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    known = keys[row] == wanted
    return known, np.where(known, row, 0)


def _measured(faint: Faint, label: np.ndarray, count: int, cells: Cells) -> Reflections:
    """The columns of ``count`` spots from the counts above their level; positions in pixels.

    A cell's counts are taken at its middle; what that adds to the variance of a centroid is the same 1/12 as of a pixel
    (errors of simulated ones are .06 to .13 px with cells of three).
    """
    pixels, size = faint.pixels, cells.size
    weight = pixels.value - faint.level
    net, raw = np.bincount(label, weight, count), np.bincount(label, pixels.value, count)
    box, centroid, variance = np.empty((count, 6), np.int32), np.empty((count, 3)), np.empty((count, 3))
    for axis, (at, width) in enumerate(((pixels.x, size), (pixels.y, size), (pixels.z, 1))):
        middle = (at + 0.5) * width
        centroid[:, axis] = np.bincount(label, weight * middle, count) / net
        away = middle - centroid[label, axis]
        variance[:, axis] = np.bincount(label, pixels.value * away**2, count) / net**2 + 1 / 12
        low, high = _reach_of(label, at, count)
        box[:, 2 * axis], box[:, 2 * axis + 1] = low * width, (high + 1) * width
    panel = np.zeros(count, np.int32)
    panel[label] = pixels.panel
    return Reflections(
        {
            "id": np.zeros(count, np.int32),
            "panel": panel,
            "flags": np.full(count, int(Flag.STRONG)),
            "bbox": box,
            "n_signal": (np.bincount(label, minlength=count) * size**2).astype(np.int32),
            "intensity.sum.value": net,
            "intensity.sum.variance": np.maximum(raw, net),
            "xyzobs.px.value": centroid,
            "xyzobs.px.variance": variance,
        }
    )


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
    given = params.sum_images
    if given == 1 or n_images < 4:
        return []
    extent = extent_of_better(spots, 50.0, SPOTS)
    x, y, depth = extent if extent[2] else (*MEDIAN[:2], 0.0)
    cell = int(np.clip(min(x, y) // LARGE_CELL, 1, MOST_PIXELS))
    if given is not None:
        numbers = [given + given % 2]
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
