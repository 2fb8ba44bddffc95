"""One pass over images, a block of frames at a time: what is kept of each reflection, from its first frame to its last.

Pixels live for a few frames; a reflection keeps the counts of its foreground and the sums of its surroundings. So
memory goes with the reflections that are on the sphere at a time, and nothing depends on how many frames are in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from gnomon.distribute.workers import Workers
from gnomon.errors import InputError
from gnomon.io.images.experiment_images import calibrated, images_of, unshadowed
from gnomon.io.images.masks import static_mask, valid_counts
from gnomon.io.images.packed import PackedImages
from gnomon.kernels.arena import slide_down
from gnomon.kernels.crowd import crowd_of
from gnomon.kernels.frames import Block, list_large, load_frame
from gnomon.kernels.gather import COUNTS, Surroundings, gather
from gnomon.kernels.shoebox import UNSEEN, Boxes, Panels, Patches
from gnomon.maths.numerics.block_scatter import block_scatter, read_noise
from gnomon.models.detector import Detector
from gnomon.models.experiment import Experiment

SHARE = 0.15
"""Of the memory that may be used, for pixels: the rest is for what is kept of reflections, and for decoding."""
A_WORKER = 4
"""Frames in memory for each worker, at most: more do not make the work on a reflection's window any cheaper."""
LARGEST_BIAS = 4096
"""Counts below zero, by readout noise, that two bytes can hold; those further down are listed as large ones are."""
LEAST_UNSIGNED = -1.0
"""The lowest count that is trusted where counts are of photons; -1 is how older files write "above -1"."""
SAMPLED = 5
"""Images that the noise of readout is found from: it is known to half a percent."""
INT32 = np.iinfo(np.int32)


def panels_of(detector: Detector, noise: np.ndarray | None = None) -> Panels:
    """The panels as kernels know them; noise: (P,) photons², of readout, none where it is not given."""
    sizes = detector.image_sizes.astype(np.int64)
    ends = np.cumsum(sizes.prod(axis=1))
    return Panels(
        np.concatenate([[0], ends[:-1]]),
        sizes,
        np.array([p.gain for p in detector.panels], float),
        np.array([p.pedestal for p in detector.panels], float),
        np.zeros(len(sizes)) if noise is None else noise,
    )


class SweepImages:
    """Frames z (image z + 1) of an experiment's images, ``depth`` of them in memory."""

    def __init__(self, experiment: Experiment, workers: Workers) -> None:
        self._images = PackedImages(unshadowed(calibrated(images_of(experiment), experiment), experiment))
        self._mask = static_mask(experiment)
        self._trusted = [_whole_range(*valid_counts(p)) for p in experiment.detector.panels]
        self.panels = panels_of(experiment.detector, self._read_noise(experiment))
        self._bias = int(np.clip(-min(low for low, _ in self._trusted), 0, LARGEST_BIAS))
        n_pixels = int(self.panels.size.prod(axis=1).sum())
        depth = int(np.clip(SHARE * workers.memory * 1e6 // (2 * n_pixels), workers.count, A_WORKER * workers.count))
        self.depth = min(depth, experiment.needed_scan.n_images)
        self._codes = np.empty((self.depth, n_pixels), np.uint16)

    def _read_noise(self, experiment: Experiment) -> np.ndarray:
        """(P,) photons²: what readout adds to the variance of a pixel where counts below zero are trusted; else 0."""
        panels = experiment.detector.panels
        signed = [panel.trusted_range[0] < LEAST_UNSIGNED for panel in panels]
        if not any(signed):
            return np.zeros(len(panels))
        first, last = experiment.image_range
        numbers = np.unique(np.linspace(first, last, SAMPLED).round().astype(int)).tolist()
        found: list[list[np.ndarray]] = [[] for _ in panels]
        for fetched in self._images.fetched(numbers):
            for i, pixels in enumerate(self._images.pixels(fetched)):
                found[i].append(block_scatter(pixels, self._mask[i], self._trusted[i]))
        return np.array(
            [read_noise(np.concatenate(f), p.gain, p.pedestal) if s else 0.0 for f, p, s in zip(found, panels, signed)]
        )

    def block(self, first: int, end: int, workers: Workers) -> Block:
        """The frames first..end, no more than ``depth``; what an earlier block held is lost."""
        fetched = self._images.fetched(range(first + 1, end + 1))
        large = list(workers.map(lambda frame: self._load(*frame), enumerate(fetched)))
        at, counts = (np.concatenate([part[k] for part in large]) for k in (0, 1))
        return Block(self._codes[: end - first], first, self._bias, at, counts)

    def _load(self, row: int, fetched: Callable[[], Any]) -> tuple[np.ndarray, np.ndarray]:
        """Decode a frame into its row; places and counts of those that do not fit there."""
        places, counts = [np.empty(0, np.int64)], [np.empty(0, np.int32)]
        for i, frame in enumerate(self._images.pixels(fetched)):
            start = self.panels.start[i]
            codes = self._codes[row, start : start + frame.size]
            n = load_frame(frame, self._mask[i], *self._trusted[i], self._bias, codes)
            if n:
                places.append(np.empty(n, np.int64))
                counts.append(np.empty(n, np.int32))
                list_large(frame, codes, row * self._codes.shape[1] + start, places[-1], counts[-1])
        return np.concatenate(places), np.concatenate(counts)


def _whole_range(low: float, high: float) -> tuple[int, int]:
    """The whole numbers within low..high that a pixel can hold."""
    return int(np.ceil(max(low, INT32.min + 1))), int(np.floor(min(high, INT32.max)))


GATHERED = 500
"""Reflections that a worker takes at a time."""
MOST_HELD = 500_000_000
"""Counts at a time, of 4 bytes: several times what crowded images of 16 M pixels and spots over fifty of them need."""
FULL = 0.85
"""Share of an arena in use from which it grows instead of closing its gaps."""
GROWTH = 1.3
"""Size of an arena that has grown, over what is to be in it: room for gaps."""


class Arena:
    """Rows of whole numbers in ``values``; row i begins at ``start[i]``, -1 where it is not held."""

    def __init__(self, n_rows: int, fill: int) -> None:
        self.values = np.empty(0, np.int32)
        self.start = np.full(n_rows, -1, np.int64)
        self._size = np.zeros(n_rows, np.int32)
        self._fill, self._top, self._used = fill, 0, 0

    def hold(self, rows: np.ndarray, sizes: np.ndarray) -> None:
        """Hold ``rows``, none of which is held, with ``sizes`` elements each, all of them ``fill``."""
        wanted = int(sizes.sum(dtype=np.float64))  # whole numbers would overflow where sizes are absurd
        if self._top + wanted > len(self.values):
            self._make_room(wanted)
        ends = self._top + np.cumsum(sizes, dtype=np.int64)
        self.start[rows], self._size[rows] = ends - sizes, sizes
        self.values[self._top : self._top + wanted] = self._fill
        self._top += wanted
        self._used += wanted

    def drop(self, rows: np.ndarray) -> None:
        """Hold ``rows`` no longer."""
        self._used -= int(self._size[rows].sum(dtype=np.int64))
        self.start[rows] = -1

    def _make_room(self, wanted: int) -> None:
        if self._used + wanted > MOST_HELD:
            raise InputError(
                f"the shoeboxes of {np.count_nonzero(self.start >= 0)} reflections and the next hold "
                f"{self._used + wanted} counts at a time: spots are taken to be too wide; check index "
                "and refine, or give sigma_b and sigma_m"
            )
        held = np.flatnonzero(self.start >= 0)
        held = held[np.argsort(self.start[held], kind="stable")]
        self._top = int(slide_down(self.values, held, self.start, self._size))
        if self._used + wanted > FULL * len(self.values):
            self.values.resize(int((self._used + wanted) * GROWTH), refcheck=False)  # in place where the system can


class Gathering:
    """What is kept of N reflections while the images pass."""

    def __init__(self, boxes: Boxes) -> None:
        n = len(boxes.bbox)
        self.boxes = boxes
        self.counts = np.zeros((n, len(COUNTS)), np.int32)
        self.contested = np.zeros(n, bool)
        self._foreground, self._around = Arena(n, int(UNSEEN)), Arena(n, 0)

    @property
    def patches(self) -> Patches:
        """The foregrounds that are held."""
        return Patches(self._foreground.values, self._foreground.start)

    @property
    def surroundings(self) -> Surroundings:
        """The surroundings that are held."""
        return Surroundings(self._around.values, self._around.start)

    def drop_surroundings(self, rows: np.ndarray) -> None:
        """Keep only the foreground of ``rows``."""
        self._around.drop(rows)

    def drop(self, rows: np.ndarray) -> None:
        """Keep nothing of ``rows``, whose surroundings went before."""
        self._foreground.drop(rows)

    def over(
        self, images: SweepImages, ranges: Iterable[tuple[int, int]], wanted: np.ndarray, workers: Workers
    ) -> Iterator[tuple[int, np.ndarray]]:
        """After each block of frames: how far the pass is, and which ``wanted`` reflections are complete with it.

        ranges: half-open, ascending, the frames that are read; wanted: (N,) bool, those whose counts are kept, all of
        whose frames lie in one of the ranges. The others only own the pixels that are nearer to them.
        """
        first, end = self.boxes.bbox[:, 4], self.boxes.bbox[:, 5]
        coming = np.argsort(first, kind="stable")
        arrival, live, n_come = first[coming], coming[:0], 0
        for low, high in ranges:
            for z0 in range(low, high, images.depth):
                z1 = min(z0 + images.depth, high)
                come = int(np.searchsorted(arrival, z1))
                fresh, n_come = coming[n_come:come], come
                self._hold(fresh[wanted[fresh]])
                live = np.concatenate([live, fresh])
                live = live[end[live] > z0]
                self._gather(images, live, wanted, (z0, z1), workers)
                done = live[wanted[live] & (end[live] <= z1)]
                yield z1, np.sort(done)

    def _hold(self, rows: np.ndarray) -> None:
        b = self.boxes
        n_slabs = -(-(b.bbox[rows, 5] - b.bbox[rows, 4]) // b.slab[rows])
        self._foreground.hold(rows, n_slabs * (2 * b.core[rows] + 1).prod(axis=1))
        self._around.hold(rows, 3 * (2 * b.half[rows] + 1).prod(axis=1))

    def _gather(
        self, images: SweepImages, live: np.ndarray, wanted: np.ndarray, frames: tuple[int, int], workers: Workers
    ) -> None:
        """Add the frames to what is held of the wanted among the ``live``."""
        if not len(live):
            return
        block = images.block(*frames, workers)
        crowd = crowd_of(self.boxes, images.panels.size, live, *frames)
        members = np.flatnonzero(wanted[live])
        members = members[np.lexsort((crowd.window[members, 2], self.boxes.panel[live[members]]))]  # along the rows

        def one(part: np.ndarray) -> None:
            gather(
                block,
                self.boxes,
                images.panels,
                crowd,
                part,
                self.patches,
                self.surroundings,
                self.counts,
                self.contested,
            )

        in_parts(one, members, GATHERED, workers)


def in_parts(work: Callable[[np.ndarray], Any], which: np.ndarray, size: int, workers: Workers) -> None:
    """Do ``work`` on ``which`` in parts of ``size``, however many workers there are."""
    for _ in workers.map(work, [which[i : i + size] for i in range(0, len(which), size)]):
        pass
