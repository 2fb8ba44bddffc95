"""Models of the background under a reflection.

Another one is a class here, and its name among the parameters'; or a class of another package.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from gnomon.kernels.background import estimate_background
from gnomon.kernels.gather import Surroundings
from gnomon.kernels.shoebox import Boxes, Panels
from gnomon.plugins import plugins
from gnomon.steps.integrate.params import OWN_BACKGROUNDS, BackgroundName


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
    return RobustPoisson(tuning, least, plane=name == "linear")
