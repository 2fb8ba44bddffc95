"""Cameras whose counts are noise about zero: the trusted range of their panels is made to hold that noise."""

from __future__ import annotations

import math
import os
from dataclasses import replace

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.masks import static_mask
from gnomon.io.images.registry import open_images
from gnomon.maths.images.signed_counts import is_signed, lowest_trusted
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.model import Key

NO_DATA = -1.0
"""The count that marks pixels without data where those of photons are stored with a sign: less is trusted as noise."""
_SAMPLED = 250_000
"""Pixels of an image that are looked at, at most."""


def trusting_noise(experiments: Experiments) -> tuple[Experiments, list[str]]:
    """The experiments, of which detectors that count below zero trust such counts; and what is to be said of it.

    One image tells, the first that has each detector. A detector that trusts negative counts already stays as it is.
    """
    swap: dict[Key | None, Detector] = {}
    lines = []
    for detector, (first, *_) in experiments.groups_sharing("detector"):
        if all(panel.trusted_range[0] < NO_DATA for panel in detector.panels):
            continue
        values = _counts(experiments[first])
        if values is None or not is_signed(values):
            continue
        low = lowest_trusted(values)
        panels = [p if p.trusted_range[0] < NO_DATA else _down_to(low, p) for p in detector.panels]
        swap[detector.key] = replace(detector, panels=tuple(panels))
        lines.append(
            f"{_name(experiments[first])}: its counts are noise about zero, not counts of photons: those from {low:g} "
            "on are trusted; trusted_range=lowest,highest says otherwise"
        )
    return experiments.replace_model("detector", swap), lines


def _down_to(low: float, panel: Panel) -> Panel:
    return replace(panel, trusted_range=(low, panel.trusted_range[1]))


def _name(experiment: Experiment) -> str:
    images = experiment.images
    assert images is not None  # import gives every experiment its images
    return os.path.basename(images.template or images.paths[0])


def _counts(experiment: Experiment) -> np.ndarray | None:
    """(N,) some counts of the first image, above the pedestal; None where it is not to be had: who needs it says so."""
    try:
        image = open_images(experiment.images).read(experiment.image_range[0])
    except InputError:
        return None
    every = math.ceil(sum(pixels.size for pixels in image) / _SAMPLED)
    parts = zip(image, static_mask(experiment), experiment.detector.panels)
    return np.concatenate([pixels[::every][mask[::every]] - round(panel.pedestal) for pixels, mask, panel in parts])
