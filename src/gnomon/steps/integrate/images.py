"""The images of a sweep, a block of consecutive frames at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gnomon.distribute.workers import Workers
from gnomon.io.images.calibrated import calibrated
from gnomon.io.images.fitted import images_of
from gnomon.io.images.masks import static_mask, valid_counts
from gnomon.io.images.packed import PackedImages
from gnomon.io.images.shaded import unshadowed
from gnomon.kernels.frames import Block, list_large, load_frame
from gnomon.kernels.shoebox import Panels
from gnomon.maths.block_scatter import block_scatter, read_noise
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
INT32 = np.iinfo(np.int32)


SAMPLED = 5
"""Images that tell the noise of readout: it is known to half a percent."""


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
