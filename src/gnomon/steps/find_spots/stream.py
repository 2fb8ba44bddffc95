"""Spots of a sweep while its images come: only pixels of spots that may still grow are kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from gnomon.models.detector import Detector
from gnomon.models.reflections import Reflections
from gnomon.steps.find_spots.filters import Limits, largest_wanted, limits_for
from gnomon.steps.find_spots.gaps import IMAGES, PIXELS, Linking
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.find_spots.spots import (
    Habit,
    Measured,
    Pixels,
    asked_habit,
    gather,
    habit_told_by,
    labelled,
    measured,
)
from gnomon.steps.find_spots.strong import StrongPixels
from gnomon.summary import Decision

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
        self._habit = asked_habit(params)
        self._wanted = PIXELS  # before it is told
        self._waiting: list[tuple[int, list[StrongPixels]]] = []
        self._open = gather([], detector)
        self._group = np.empty(0, np.int32)  # of each open pixel: its spot, where that has outgrown all limits, or -1
        self._measured: list[Measured] = []
        self._firsts: list[np.ndarray] = []

    def add(self, z: int, strong: list[StrongPixels]) -> None:
        """The strong pixels per panel of the image at ``z``, which is above all before."""
        self._waiting.append((z, strong))
        counts = [sum(len(panel.index) for panel in panels) for _, panels in self._waiting]
        if self._habit is None:
            if sum(counts) < self._wanted or np.count_nonzero(counts) < IMAGES:
                return
            told, self._wanted = self._told(), 2 * sum(counts)
            if not told.is_sure:
                return
            self._habit = told
        if sum(counts) >= max(_ENOUGH, len(self._group)):
            self._measure(self._habit, z)

    def finish(self) -> Found:
        """The spots that pass the filters; ``id`` is 0 throughout; ordered by their first pixels (panel, z, y, x)."""
        habit = self._habit or self._told()
        self._measure(habit, None)
        order = np.lexsort(np.concatenate(self._firsts, axis=1)[::-1])
        table = Reflections.concatenate([part.table for part in self._measured]).select(order)
        offset = np.concatenate([part.offset for part in self._measured])[order]
        removed: Counter[str] = Counter()
        for part in self._measured:
            removed.update(part.removed)
        self._measured, self._firsts = [], []
        limits = limits_for(table, self._params, habit.large)
        keep, more = limits.passed(table, offset)
        return Found(table.select(keep), {**removed, **more}, _decisions(habit.linking, limits))

    def _told(self) -> Habit:
        """What the images that came so far tell."""
        return habit_told_by(gather(self._waiting, self._detector), self._detector, self._params)

    def _measure(self, habit: Habit, last: int | None) -> None:
        """Measures the spots that cannot go on after the image ``last``; None where none does."""
        reach = habit.linking.reach
        pixels, group = self._all_pixels()
        label, count = labelled(pixels, _joined(group), self._detector, reach)
        late = np.zeros(len(label), bool) if last is None else pixels.z > last - reach
        endless, goes_on = np.zeros(count, bool), np.zeros(count, bool)
        endless[label[group >= 0]] = True
        goes_on[label[late]] = True
        self._take(measured(pixels, label, ~goes_on, endless, self._detector, self._params), pixels)
        endless |= np.bincount(label, minlength=count) > largest_wanted(self._params, habit.large)
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
    told = (
        Decision(linking.reason, evidence=gaps, parameter="max_gap"),
        Decision(limits.reason, evidence=size, parameter="max_spot_size, max_separation"),
    )
    return tuple(decision for decision in told if decision.what)


def _joined(group: np.ndarray) -> np.ndarray:
    """For each pixel (N,) the first of its group, or itself where that is -1."""
    joined = np.arange(len(group), dtype=np.int32)
    rows = np.flatnonzero(group >= 0)
    _, first, of = np.unique(group[rows], return_index=True, return_inverse=True)
    joined[rows] = rows[first][of]
    return joined
