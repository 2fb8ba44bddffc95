"""Backgrounds and summed intensities of the reflections whose frames are in the ring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.distribute.workers import Workers
from gnomon.kernels.summation import COUNTS, sum_reflections
from gnomon.steps.integrate.boxes import Boxes
from gnomon.steps.integrate.frames import FrameRing
from gnomon.steps.integrate.params import IntegrateParams

CHUNK = 2000
"""Reflections a worker takes at a time."""
WHOLE = 0.99
"""Share of the rocking curve inside the scan from which a reflection counts as fully recorded."""


@dataclass(frozen=True, eq=False)
class Sums:
    """Rows of N reflections, filled block by block; see ``kernels.summation`` for the columns."""

    counts: np.ndarray  # (N, 8) int32
    total: np.ndarray  # (N, 4)
    background: np.ndarray  # (N, 6)
    moments: np.ndarray  # (N, 6)

    @classmethod
    def empty(cls, n: int) -> Sums:
        """Zeros for n reflections."""
        return cls(np.zeros((n, len(COUNTS)), np.int32), np.zeros((n, 4)), np.zeros((n, 6)), np.zeros((n, 6)))

    def rows(self, index: slice) -> Sums:
        """The rows at ``index``."""
        return Sums(self.counts[index], self.total[index], self.background[index], self.moments[index])

    def count(self, name: str) -> np.ndarray:
        """(N,) pixels of the kind ``name``, one of COUNTS."""
        return self.counts[:, COUNTS.index(name)]

    @property
    def clean(self) -> np.ndarray:
        """(N,) bool: a background, and every foreground pixel valid and the reflection's own."""
        spoilt = self.count("bad") + self.count("overloaded") + self.count("lost")
        return (spoilt == 0) & (self.count("background_used") > 0) & (self.count("foreground") > 0)

    def strong(self, threshold: float) -> np.ndarray:
        """(N,) bool: clean and above ``threshold`` sigma."""
        return self.clean & (self.total[:, 0] > threshold * np.sqrt(np.maximum(self.total[:, 1], 1e-12)))


def chunks(which: np.ndarray) -> list[np.ndarray]:
    """``which`` in parts of CHUNK, however many workers there are."""
    return [which[i : i + CHUNK] for i in range(0, len(which), CHUNK)]


def sum_boxes(
    ring: FrameRing, boxes: Boxes, which: np.ndarray, sums: Sums, params: IntegrateParams, workers: Workers
) -> None:
    """Nothing; fills the rows ``which`` of ``sums``."""

    def one(part: np.ndarray) -> None:
        sum_reflections(
            ring.pixels, ring.owner, part, boxes.bbox, boxes.start, boxes.width, boxes.local, boxes.inverse_b,
            boxes.rate, boxes.z_cal, boxes.shear, boxes.radius, boxes.guard, boxes.gain, boxes.pedestal,
            params.tuning_constant, params.min_pixels,
            params.background == "linear", sums.counts, sums.total, sums.background, sums.moments,
        )  # fmt: skip

    for _ in workers.map(one, chunks(which)):
        pass
