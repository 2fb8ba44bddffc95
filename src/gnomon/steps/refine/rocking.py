"""How wide the rocking curves of a crystal are, as the images that its spots were found on tell."""

from __future__ import annotations

import numpy as np

from gnomon.models.experiment import Experiment
from gnomon.models.reflections import Reflections

_PIXEL = 1 / 12  # of an image squared: what find_spots adds to each variance, and what slicing adds to a width


def rocking_width(experiment: Experiment, spots: Reflections) -> float:
    """Degrees r.m.s., the median of the spots; 0 where the table does not tell, or spots lie on single images.

    Photons that are spread by w leave a centroid of n of them with the variance w²/n.
    """
    if experiment.is_still or "intensity.sum.value" not in spots or not len(spots):
        return 0.0
    n = np.maximum(spots["intensity.sum.value"], 0.0)
    square = float(np.median((spots["xyzobs.px.variance"][:, 2] - _PIXEL) * n)) - _PIXEL
    return abs(experiment.needed_scan.oscillation[1]) * float(np.sqrt(max(square, 0.0)))
