"""Backgrounds and summed intensities of the reflections whose frames are all there.

Another model of the background is a class beside RobustPoisson and its name among the parameters', or a class of
another package.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from gnomon.distribute.workers import Workers
from gnomon.kernels.background import estimate_background
from gnomon.kernels.gather import COUNTS, Surroundings
from gnomon.kernels.rings import level_rings
from gnomon.kernels.shoebox import Boxes, Panels
from gnomon.kernels.summation import sum_reflections
from gnomon.plugins import plugins
from gnomon.steps.integrate.gathering import Gathering, SweepImages, in_parts
from gnomon.steps.integrate.params import OWN_BACKGROUNDS, BackgroundName, IntegrateParams


class BackgroundModel(Protocol):
    """What tells the background under a foreground from what surrounds it."""

    def estimate(
        self,
        boxes: Boxes,
        panels: Panels,
        surroundings: Surroundings,
        which: np.ndarray,
        counts: np.ndarray,
        background: np.ndarray,
    ) -> None:
        """Fill rows ``which`` of background and the column background_used of counts.

        background: (N, 6): photons a pixel and frame at the middle of the window, slopes along fast and slow (photons a
        pixel, frame and pixel), dispersion, mean square error, and the variance of readout.
        """


@dataclass(frozen=True)
class RobustPoisson:
    """A robust Poisson rate, or (``plane``) the same with slopes; see ``kernels.background``."""

    tuning: float  # Huber's constant, sigma
    least: int  # pixels of frames
    plane: bool

    def estimate(
        self,
        boxes: Boxes,
        panels: Panels,
        surroundings: Surroundings,
        which: np.ndarray,
        counts: np.ndarray,
        background: np.ndarray,
    ) -> None:
        """As the protocol says."""
        estimate_background(boxes, panels, surroundings, which, self.tuning, self.least, self.plane, counts, background)


def background_model(name: BackgroundName, tuning: float, least: int) -> BackgroundModel:
    """The model of this name; ``tuning``: Huber's constant, sigma; ``least``: pixels of frames it needs.

    Those of other packages (entry points of ``gnomon.backgrounds``) are called with both. Raises InputError where one
    cannot be loaded.
    """
    if name not in OWN_BACKGROUNDS:
        given: BackgroundModel = plugins("gnomon.backgrounds")[name](tuning, least)
        return given
    clipped = math.inf if name == "constant" else tuning  # with no count clipped the estimate is the mean
    return RobustPoisson(clipped, least, plane=name == "linear")


SUMMED = 250
"""Reflections that a worker sums at a time."""
WHOLE = 0.99
"""Share of the rocking curve inside the scan from which a reflection counts as fully recorded."""


@dataclass(frozen=True, eq=False)
class Sums:
    """Rows of N reflections, filled as they are complete; see ``kernels.summation`` and ``kernels.background``."""

    counts: np.ndarray  # (N, 9) int32
    total: np.ndarray  # (N, 4)
    background: np.ndarray  # (N, 6)
    moments: np.ndarray  # (N, 6)
    uneven: np.ndarray  # (N,) bool: on a powder ring, see kernels.rings

    @classmethod
    def of(cls, gathering: Gathering) -> Sums:
        """Zeros, beside the pixels that are counted while frames pass."""
        n = len(gathering.counts)
        return cls(gathering.counts, np.zeros((n, 4)), np.zeros((n, 6)), np.zeros((n, 6)), np.zeros(n, bool))

    def rows(self, index: slice) -> Sums:
        """The rows at ``index``."""
        parts = (self.counts, self.total, self.background, self.moments, self.uneven)
        return Sums(*(p[index] for p in parts))

    def count(self, name: str) -> np.ndarray:
        """(N,) pixels of the kind ``name``, one of COUNTS."""
        return self.counts[:, COUNTS.index(name)]

    def clean(self, which: np.ndarray) -> np.ndarray:
        """(M,) bool of the rows ``which``: an even background, and every foreground pixel valid and its own."""
        count = dict(zip(COUNTS, self.counts[which].T))
        spoilt = count["bad"] + count["overloaded"] + count["lost"] + count["off"]
        return (spoilt == 0) & (count["background_used"] > 0) & (count["foreground"] > 0) & ~self.uneven[which]

    def strong(self, which: np.ndarray, threshold: float) -> np.ndarray:
        """(M,) bool of the rows ``which``: clean and above ``threshold`` sigma."""
        value, variance = self.total[which, :2].T
        return self.clean(which) & (value > threshold * np.sqrt(np.maximum(variance, 1e-12)))


def summed(
    gathering: Gathering, images: SweepImages, ranges: Iterable[tuple[int, int]], wanted: np.ndarray, sums: Sums,
    params: IntegrateParams, workers: Workers,
) -> Iterator[tuple[int, np.ndarray]]:  # fmt: skip
    """A pass as ``Gathering.over`` makes it: the rows it gives are summed, and only their foregrounds still held."""
    tuning = math.inf if params.background_outliers == "null" else params.tuning_constant
    model = background_model(params.background, tuning, params.min_pixels)

    def fill(rows: np.ndarray) -> None:
        model.estimate(gathering.boxes, images.panels, gathering.surroundings, rows, sums.counts, sums.background)
        if params.background in OWN_BACKGROUNDS:
            level_rings(
                gathering.boxes, images.panels, gathering.surroundings, rows, sums.counts, sums.background, sums.uneven
            )
        sum_reflections(
            gathering.boxes, images.panels, gathering.patches, rows, sums.background, sums.counts, sums.total,
            sums.moments,
        )  # fmt: skip

    for frame, complete in gathering.over(images, ranges, wanted, workers):
        in_parts(fill, complete, SUMMED, workers)
        gathering.drop_surroundings(complete)
        yield frame, complete
