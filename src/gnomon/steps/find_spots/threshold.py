"""The test for strong pixels that the parameters ask for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gnomon.models.experiment import Experiment
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.find_spots.radial import RadialThreshold
from gnomon.steps.find_spots.strong import Threshold


def threshold_for(
    experiment: Experiment, use: Sequence[np.ndarray], params: FindSpotsParams
) -> Threshold | RadialThreshold:
    """What finds the strong pixels of the experiment's images, among the pixels of each panel that are to be used."""
    if params.algorithm == "radial_profile":
        return RadialThreshold(experiment, use, params)
    return Threshold(experiment.detector, use, params)
