"""The test for strong pixels that the parameters ask for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gnomon.models.experiment import Experiment
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.find_spots.radial import RadialThreshold
from gnomon.steps.find_spots.strong import Threshold


def threshold_for(
    experiment: Experiment, use: Sequence[np.ndarray], params: FindSpotsParams, *, signed: bool = False
) -> Threshold | RadialThreshold:
    """What finds the strong pixels of the experiment's images, among the pixels of each panel that are to be used.

    signed: the counts are noise about zero; then, unless a test was asked for, it is that of radial_profile, as the
    others take counts for those of photons.
    """
    if params.algorithm == "radial_profile" or (signed and params.algorithm is None):
        return RadialThreshold(experiment, use, params, signed=signed)
    return Threshold(experiment.detector, use, params)
