"""Images in a ring: a few frames in memory at a time, whatever the length of the scan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gnomon.distribute.workers import Workers
from gnomon.io.images.masks import static_mask, valid_counts
from gnomon.io.images.packed import PackedImages
from gnomon.io.images.registry import open_images
from gnomon.io.images.shaded import unshadowed
from gnomon.kernels.shoebox import FREE, claim_pixels, load_frame
from gnomon.models.experiment import Experiment
from gnomon.steps.integrate.boxes import Boxes, panel_starts


class FrameRing:
    """Frames z of one image set: ``pixels`` and ``owner`` (size, n_pixels) int32 hold frame z in row z % size."""

    def __init__(self, experiment: Experiment, size: int) -> None:
        self._images = PackedImages(unshadowed(open_images(experiment.images), experiment))
        self._mask = static_mask(experiment)
        self._trusted = [valid_counts(p) for p in experiment.detector.panels]
        self._starts = panel_starts(experiment.detector.image_sizes)
        self.size = size
        self.pixels = np.empty((size, self._starts[-1]), np.int32)
        self.owner = np.empty((size, self._starts[-1]), np.int32)
        self.loaded = experiment.needed_scan.array_range[0]

    def _load(self, z: int, fetched: Callable[[], Any]) -> None:
        """Frame z, image z + 1, decoded into its row; nobody owns its pixels yet."""
        row = z % self.size
        for i, frame in enumerate(self._images.pixels(fetched)):
            part = self.pixels[row, self._starts[i] : self._starts[i + 1]]
            load_frame(frame, self._mask[i], *self._trusted[i], part)
        self.owner[row] = FREE

    def load_until(self, z: int, workers: Workers) -> tuple[int, int]:
        """The range of frames, up to ``z``, that had to be read; the oldest ones are dropped for them."""
        fresh = (self.loaded, max(self.loaded, z))
        fetched = self._images.fetched(range(fresh[0] + 1, fresh[1] + 1))
        for _ in workers.map(lambda frame: self._load(*frame), zip(range(*fresh), fetched)):
            pass
        self.loaded = fresh[1]
        return fresh

    def skip_to(self, z: int) -> None:
        """Nothing; reading goes on at frame ``z``."""
        self.loaded = z

    def disown(self) -> None:
        """Nothing; no pixel is anybody's any more."""
        self.owner[:] = FREE

    def claim(self, boxes: Boxes, which: np.ndarray, frames: tuple[int, int], contested: np.ndarray) -> None:
        """Nothing; the reflections ``which`` own their foreground on the half-open range of fresh ``frames``.

        contested: (N,) bool, set where a reflection shares foreground with another.
        """
        claim_pixels(
            self.owner, which, *frames, boxes.bbox, boxes.start, boxes.width, boxes.local, boxes.inverse_b,
            boxes.rate, boxes.z_cal, boxes.shear, boxes.radius, boxes.guard, contested,
        )  # fmt: skip
