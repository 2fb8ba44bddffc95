"""Spots of a sweep while its images come: only pixels of spots that may still grow are kept."""

from __future__ import annotations

from collections import Counter

import numpy as np

from gnomon.models.detector import Detector
from gnomon.models.reflections import Reflections
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.find_spots.spots import Measured, Pixels, gather, labelled, measured
from gnomon.steps.find_spots.strong import StrongPixels

_ENOUGH = 300_000
"""Strong pixels to wait for before spots are looked for; at least as many as are kept, so that cost stays linear."""


class SpotStream:
    """Takes the strong pixels of images in order; its spots are those of the whole sweep, bit for bit.

    A spot that does not reach into the last image is measured, and its pixels are dropped. So are those of a spot
    that has outgrown ``max_spot_size``, but for the last image's, which tell where it goes on.
    """

    def __init__(self, detector: Detector, params: FindSpotsParams) -> None:
        self._detector, self._params = detector, params
        self._waiting: list[tuple[int, list[StrongPixels]]] = []
        self._open = gather([], detector)
        self._group = np.empty(0, np.int32)  # of each open pixel: its spot, where that has outgrown all limits, or -1
        self._tables: list[Reflections] = []
        self._firsts: list[np.ndarray] = []
        self._removed: Counter[str] = Counter()

    def add(self, z: int, strong: list[StrongPixels]) -> None:
        """The strong pixels per panel of the image at ``z``, which is above all before."""
        self._waiting.append((z, strong))
        if sum(len(s.index) for _, panels in self._waiting for s in panels) >= max(_ENOUGH, len(self._group)):
            self._measure(last=-1 if self._params.force_2d else z)

    def finish(self) -> tuple[Reflections, dict[str, int]]:
        """The spots that pass the filters, and how many each filter removed.

        ``id`` is 0 throughout; spots are ordered by their first pixels (panel, z, y, x).
        """
        self._measure(last=-1)
        order = np.lexsort(np.concatenate(self._firsts, axis=1)[::-1])
        tables, self._tables, self._firsts = self._tables, [], []
        return Reflections.concatenate(tables).select(order), dict(self._removed)

    def _measure(self, last: int) -> None:
        """Measures the spots that end before the image at ``last``; -1 where none goes on."""
        pixels, group = self._all_pixels()
        label, count = labelled(pixels, _joined(group), self._detector, self._params)
        endless, goes_on = np.zeros(count, bool), np.zeros(count, bool)
        endless[label[group >= 0]] = True
        goes_on[label[pixels.z == last]] = True
        self._take(measured(pixels, label, ~goes_on, endless, self._detector, self._params), pixels)
        endless |= np.bincount(label, minlength=count) > self._params.max_spot_size
        kept = np.flatnonzero(goes_on[label])
        kept = kept[~endless[label[kept]] | (pixels.z[kept] == last)]
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
        self._tables.append(found.table)
        at = pixels.at(found.first)
        self._firsts.append(np.stack([at.panel, at.z, at.y, at.x]))
        self._removed.update(found.removed)


def _joined(group: np.ndarray) -> np.ndarray:
    """For each pixel (N,) the first of its group, or itself where that is -1."""
    joined = np.arange(len(group), dtype=np.int32)
    rows = np.flatnonzero(group >= 0)
    _, first, of = np.unique(group[rows], return_index=True, return_inverse=True)
    joined[rows] = rows[first][of]
    return joined
