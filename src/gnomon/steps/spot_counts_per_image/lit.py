"""How much of the scan each pixel sees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gnomon.io.images.experiment_images import shadow_of
from gnomon.io.images.masks import static_mask
from gnomon.models.experiment import Experiment

_ANGLES = 24


def lit_part(experiment: Experiment) -> Sequence[np.ndarray]:
    """Per panel (ny, nx): 0 where masks leave a pixel out, else the part of the scan in which it is not hidden."""
    masks, shadow = static_mask(experiment), shadow_of(experiment)
    if shadow is None:
        return masks
    start, end = experiment.scan.oscillation_range if experiment.scan else (0.0, 0.0)
    hidden = [np.zeros(mask.shape, np.float32) for mask in masks]
    for angle in np.linspace(start, end, _ANGLES):
        for total, here in zip(hidden, shadow.on(angle, angle)):
            total += here
    return [mask * (1 - total / _ANGLES) for mask, total in zip(masks, hidden)]
