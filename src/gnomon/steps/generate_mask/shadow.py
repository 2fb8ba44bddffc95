"""What the goniometer hides over a whole scan."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Literal

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.masks import Masks
from gnomon.io.images.shaded import shadow_of
from gnomon.models.experiment import Experiment

_STEP = 1.0
"""Degrees: between two angles as near as that a shadow moves on a straight line."""


def lit(experiment: Experiment, shadowed: Literal["ever", "always"]) -> Masks:
    """Per panel, true where the goniometer hides nothing at any angle of the scan ("ever"), or not at all ("always").

    Raises InputError where nothing is known of the goniometer's shape.
    """
    shadow = shadow_of(experiment)
    if shadow is None:
        raise InputError(
            f"shadow={shadowed}: what the goniometer's parts look like is not known; "
            "give shadow=FILE to apply_mask or import first (docs/science/masks.md)"
        )
    start, end = experiment.scan.oscillation_range if experiment.scan else (0.0, 0.0)
    angles = np.linspace(start, end, 1 + max(1, math.ceil(abs(end - start) / _STEP))).tolist()
    if shadowed == "ever":
        masks = shadow.on(*angles[:2])
        for low, high in pairwise(angles[1:]):
            shadow.cover(masks, low, high, True)
    else:
        masks = shadow.on(angles[0], angles[0])
        for angle in angles[1:]:
            masks = [mask & here for mask, here in zip(masks, shadow.on(angle, angle))]
    return tuple(~mask for mask in masks)
