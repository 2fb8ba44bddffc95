"""From strong pixels to spots: connected pixels, their moments, filters and columns; at once, or while images come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.kernels.label import label_pixels, measure_spots
from gnomon.models.detector import Detector
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.models.shoeboxes import FOREGROUND, VALID, Shoeboxes
from gnomon.steps.find_spots import joining
from gnomon.steps.find_spots.joining import (
    Limits,
    Linking,
    StrongPlaces,
    are_large,
    given_linking,
    largest_wanted,
    limits_for,
    linking_of,
)
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.find_spots.threshold import StrongPixels
from gnomon.summary import Decision


@dataclass(frozen=True)
class Pixels:
    """Strong pixels of a sweep, sorted by panel, z, y, x; all (N,) int32."""

    panel: np.ndarray
    z: np.ndarray
    y: np.ndarray
    x: np.ndarray
    value: np.ndarray

    def at(self, index: np.ndarray) -> Pixels:
        """The pixels at ``index``, a mask or numbers."""
        return Pixels(*(getattr(self, name)[index] for name in self.__dataclass_fields__))

    def keys(self, detector: Detector, reach: int = 1) -> tuple[np.ndarray, int, int]:
        """(N,) ascending numbers, and by how much those of pixels differ that touch in y and in z.

        A gap after each row and image, and of ``reach`` images before the first of each panel, keeps apart what does
        not touch.
        """
        nx, ny = (int(size) + 1 for size in detector.image_sizes.max(axis=0))
        first, last = (int(self.z.min()), int(self.z.max())) if len(self.z) else (0, 0)
        image = self.panel.astype(np.int64) * (last - first + 1 + reach) + (self.z - first + reach)
        return (image * ny + self.y) * nx + self.x, nx, nx * ny

    def beginning(self, wanted: int) -> Pixels:
        """Those of the first images, ``wanted`` pixels at least, as tell how pixels are to be joined."""
        z, n = np.unique(self.z, return_counts=True)
        enough = np.flatnonzero((np.cumsum(n) >= wanted) & (np.arange(len(z)) >= joining.BEGINNING_IMAGES - 1))
        return self.at(self.z <= z[enough[0]]) if len(enough) else self

    def followed_by(self, other: Pixels) -> Pixels:
        """These, then the others."""
        return Pixels(
            *(np.concatenate([getattr(self, name), getattr(other, name)]) for name in self.__dataclass_fields__)
        )


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
    parts: list[tuple[np.ndarray, ...]] = [(np.empty(0, np.int32),) * 5]
    for i, panel in enumerate(detector.panels):
        for z, strong in images:
            found = strong[i]
            y, x = np.divmod(found.index, np.int32(panel.image_size[0]))
            same = np.full(len(x), i, np.int32), np.full(len(x), z, np.int32)
            parts.append((*same, y, x, found.value))
    return Pixels(*(np.concatenate(columns) for columns in zip(*parts)))


@dataclass(frozen=True)
class SweepTraits:
    """How the pixels of a sweep are joined from image to image, whether its spots are large, and if that is sure.

    It is not where pixels have few spots among them: a beginning without crystal, of noise and hot pixels.
    """

    linking: Linking
    large: bool
    is_sure: bool = True


def given_traits(params: FindSpotsParams) -> SweepTraits | None:
    """What is asked for, where nothing is left for the data to decide."""
    linking = given_linking(params)
    return SweepTraits(linking, False) if linking and params.max_spot_size and params.max_separation else None


def traits_of(pixels: Pixels, detector: Detector, params: FindSpotsParams) -> SweepTraits:
    """What the pixels of a sweep, or of its beginning, show, as far as it is not asked for."""
    joined, smallest = np.arange(len(pixels.x), dtype=np.int32), smallest_spot(detector, params)
    linking = given_linking(params)
    if linking is None:
        label, count = labelled(pixels, joined, detector, 1)
        nx, ny = (int(size) for size in detector.image_sizes.max(axis=0))
        place = (pixels.panel.astype(np.int64) * ny + pixels.y) * nx + pixels.x
        is_spot = np.bincount(label, minlength=count) >= smallest
        linking = linking_of(StrongPlaces(place, pixels.z, label), is_spot)
    label, count = labelled(pixels, joined, detector, linking.reach)
    spots = Moments.of(pixels, label, count)
    rows = spots.size >= smallest
    large = are_large(Reflections({"intensity.sum.value": spots.total[rows], "bbox": spots.box[rows]}))
    return SweepTraits(linking, large, bool(rows.sum() >= joining.SURE_SPOTS or len(pixels.x) >= joining.SURE_PIXELS))


def _traits_of_beginning(pixels: Pixels, detector: Detector, params: FindSpotsParams) -> SweepTraits:
    """What the beginning of a sweep shows: as many images as make it sure."""
    wanted = joining.BEGINNING_PIXELS
    while True:
        first = pixels.beginning(wanted)
        traits, wanted = traits_of(first, detector, params), 2 * len(first.x)
        if traits.is_sure or len(first.x) == len(pixels.x):
            return traits


def find_components(pixels: Pixels, detector: Detector, params: FindSpotsParams) -> tuple[Reflections, dict[str, int]]:
    """The spots that pass the filters, and how many each filter removed; ``id`` is 0 throughout.

    Spots are ordered by their first pixels (panel, z, y, x).
    """
    traits = given_traits(params) or _traits_of_beginning(pixels, detector, params)
    joined = np.arange(len(pixels.x), dtype=np.int32)
    label, count = labelled(pixels, joined, detector, traits.linking.reach)
    found = measured(pixels, label, np.ones(count, bool), np.zeros(count, bool), detector, params)
    keep, removed = limits_for(found.table, params, traits.large).passed(found.table, found.offset)
    return found.table.select(keep), {**found.removed, **removed}


def labelled(pixels: Pixels, joined: np.ndarray, detector: Detector, reach: int) -> tuple[np.ndarray, int]:
    """To which spot each pixel belongs, (N,) int32, and how many spots there are.

    joined: (N,) int32, for each pixel one that is known to be of the same spot, or itself. ``reach``: how far apart
    images may be of which the same pixel is joined; 0: none are.
    """
    key, row, plane = pixels.keys(detector, reach)
    first, parent, label = (np.empty(len(key) + more, np.int32) for more in (1, 0, 0))
    count = label_pixels(key, row, plane, reach, joined, first, parent, label)
    return label, count


@dataclass(frozen=True)
class Measured:
    """Spots that are large enough; from the centroid of each to its peak (n, 3), where in the list of pixels it begins,
    and how many were removed.
    """

    table: Reflections
    offset: np.ndarray
    first: np.ndarray
    removed: dict[str, int]


def measured(
    pixels: Pixels,
    label: np.ndarray,
    whole: np.ndarray,
    endless: np.ndarray,
    detector: Detector,
    params: FindSpotsParams,
) -> Measured:
    """The spots that are ``whole`` (n,) bool; ``label`` (N,) says in which each pixel is.

    ``endless`` (n,) bool are larger than any that is wanted, whatever is here of them.
    """
    count = len(whole)
    spots = Moments.of(pixels, label, count)
    size = np.where(endless, np.iinfo(np.int32).max, spots.size)
    smallest = smallest_spot(detector, params)
    keep = whole & (size >= smallest)
    first = np.full(count, len(label))
    np.minimum.at(first, label, np.arange(len(label)))
    panel = pixels.panel[first]
    columns = {
        "id": np.zeros(count, np.int32),
        "panel": panel,
        "flags": np.full(count, int(Flag.STRONG)),
        "bbox": spots.box,
        "n_signal": size,
        "intensity.sum.value": spots.total,
        "intensity.sum.variance": spots.total,
        "xyzobs.px.value": spots.centroid,
        "xyzobs.px.variance": spots.variance,
    }
    table = Reflections(columns).select(keep)
    if params.shoeboxes:
        table = table.with_columns({"shoebox": _shoeboxes(pixels, label, panel, spots.box, keep)})
    removed = {f"smaller than {smallest} px": int((whole & ~keep).sum())}
    return Measured(table, (spots.peak - spots.centroid)[keep], first[keep], removed)


def smallest_spot(detector: Detector, params: FindSpotsParams) -> int:
    """The least number of pixels in a spot: as asked, else 3 on pixel-array detectors and 6 on others."""
    if params.min_spot_size is not None:
        return params.min_spot_size
    return 3 if all(panel.type == "SENSOR_PAD" for panel in detector.panels) else 6


def _shoeboxes(pixels: Pixels, label: np.ndarray, panel: np.ndarray, box: np.ndarray, keep: np.ndarray) -> Shoeboxes:
    """The strong pixels of each spot to ``keep`` in its box; the others are zero and masked out."""
    x0, x1, y0, y1, z0, z1 = box.T.astype(np.int64)
    ends = np.cumsum((x1 - x0) * (y1 - y0) * (z1 - z0) * keep)
    start = np.concatenate([[0], ends[:-1]])[: len(ends)]
    used = keep[label]
    of = label[used]
    z, y, x = (axis[used] - low[of] for axis, low in ((pixels.z, z0), (pixels.y, y0), (pixels.x, x0)))
    at = start[of] + (z * (y1 - y0)[of] + y) * (x1 - x0)[of] + x
    total = int(ends[-1]) if len(ends) else 0
    data, mask = np.zeros(total, np.float32), np.zeros(total, np.uint8)
    data[at] = pixels.value[used]
    mask[at] = VALID | FOREGROUND
    offsets = np.concatenate([[0], ends[keep]])
    return Shoeboxes(panel[keep].astype(np.uint32), box[keep], offsets, data, mask, np.zeros_like(data))


_ENOUGH = 300_000
"""Strong pixels to wait for before spots are looked for; at least as many as are kept, so that cost stays linear."""


@dataclass(frozen=True)
class Found:
    """The spots of a sweep, how many each filter removed, and why anything was done otherwise than usual."""

    table: Reflections
    removed: dict[str, int]
    decisions: tuple[Decision, ...]


class SpotStream:
    """Takes the strong pixels of images in order; its spots are those of the whole sweep, bit for bit.

    A spot that does not reach into the last images is measured, and its pixels are dropped. So are those of a spot
    that has outgrown all limits, but for the last images', which tell where it goes on. Until it is known over how many
    images pixels are joined, and whether spots are large, all wait.
    """

    def __init__(self, detector: Detector, params: FindSpotsParams) -> None:
        self._detector, self._params = detector, params
        self._traits = given_traits(params)
        self._wanted = joining.BEGINNING_PIXELS  # before the traits are known
        self._waiting: list[tuple[int, list[StrongPixels]]] = []
        self._open = gather([], detector)
        self._group = np.empty(0, np.int32)  # of each open pixel: its spot, where that has outgrown all limits, or -1
        self._measured: list[Measured] = []
        self._firsts: list[np.ndarray] = []

    def add(self, z: int, strong: list[StrongPixels]) -> None:
        """The strong pixels per panel of the image at ``z``, which is above all before."""
        self._waiting.append((z, strong))
        counts = [sum(len(panel.index) for panel in panels) for _, panels in self._waiting]
        if self._traits is None:
            if sum(counts) < self._wanted or np.count_nonzero(counts) < joining.BEGINNING_IMAGES:
                return
            traits, self._wanted = self._traits_so_far(), 2 * sum(counts)
            if not traits.is_sure:
                return
            self._traits = traits
        if sum(counts) >= max(_ENOUGH, len(self._group)):
            self._measure(self._traits, z)

    def finish(self) -> Found:
        """The spots that pass the filters; ``id`` is 0 throughout; ordered by their first pixels (panel, z, y, x)."""
        traits = self._traits or self._traits_so_far()
        self._measure(traits, None)
        order = np.lexsort(np.concatenate(self._firsts, axis=1)[::-1])
        table = Reflections.concatenate([part.table for part in self._measured]).select(order)
        offset = np.concatenate([part.offset for part in self._measured])[order]
        removed: Counter[str] = Counter()
        for part in self._measured:
            removed.update(part.removed)
        self._measured, self._firsts = [], []
        limits = limits_for(table, self._params, traits.large)
        keep, more = limits.passed(table, offset)
        return Found(table.select(keep), {**removed, **more}, _decisions(traits.linking, limits))

    def _traits_so_far(self) -> SweepTraits:
        """Those of the images that came so far."""
        return traits_of(gather(self._waiting, self._detector), self._detector, self._params)

    def _measure(self, traits: SweepTraits, last: int | None) -> None:
        """Measures the spots that cannot go on after the image ``last``; None where none does."""
        reach = traits.linking.reach
        pixels, group = self._all_pixels()
        label, count = labelled(pixels, _joined(group), self._detector, reach)
        late = np.zeros(len(label), bool) if last is None else pixels.z > last - reach
        endless, goes_on = np.zeros(count, bool), np.zeros(count, bool)
        endless[label[group >= 0]] = True
        goes_on[label[late]] = True
        self._take(measured(pixels, label, ~goes_on, endless, self._detector, self._params), pixels)
        endless |= np.bincount(label, minlength=count) > largest_wanted(self._params, traits.large)
        kept = np.flatnonzero(goes_on[label])
        kept = kept[~endless[label[kept]] | late[kept]]
        self._open = pixels.at(kept)
        self._group = np.where(endless[label[kept]], label[kept], np.int32(-1))

    def _all_pixels(self) -> tuple[Pixels, np.ndarray]:
        """Those that were kept and those that came, and to which outgrown spot each is known to belong, or -1."""
        new = gather(self._waiting, self._detector)
        self._waiting = []
        pixels = self._open.followed_by(new)
        group = np.concatenate([self._group, np.full(len(new.x), -1, np.int32)])
        if len(self._detector) == 1:  # they are in order
            return pixels, group
        order = np.argsort(pixels.panel, kind="stable")
        return pixels.at(order), group[order]

    def _take(self, found: Measured, pixels: Pixels) -> None:
        self._measured.append(found)
        at = pixels.at(found.first)
        self._firsts.append(np.stack([at.panel, at.z, at.y, at.x]))


def _decisions(linking: Linking, limits: Limits) -> tuple[Decision, ...]:
    """That spots are joined over images, and limits follow large ones; nothing of what is usual or asked for."""
    gaps, size = {"images": linking.reach - 1}, {"max_spot_size": limits.size, "max_separation": limits.separation}
    decisions = (
        Decision(linking.reason, evidence=gaps, parameter="max_gap"),
        Decision(limits.reason, evidence=size, parameter="max_spot_size, max_separation"),
    )
    return tuple(decision for decision in decisions if decision.what)


def _joined(group: np.ndarray) -> np.ndarray:
    """For each pixel (N,) the first of its group, or itself where that is -1."""
    joined = np.arange(len(group), dtype=np.int32)
    rows = np.flatnonzero(group >= 0)
    _, first, of = np.unique(group[rows], return_index=True, return_inverse=True)
    joined[rows] = rows[first][of]
    return joined
