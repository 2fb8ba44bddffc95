"""What import found, as plain numbers for the report."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from gnomon.models.experiment import Experiment, Experiments


def summary_of(
    experiments: Experiments, formats: Mapping[str, int], warnings: list[str], overruled: list[str]
) -> dict[str, Any]:
    """Formats with their number of images, a row a sweep, the number of distinct models, lines of warning.

    overruled: the kinds of model that parameters or a reference changed.
    """
    kinds = ("beam", "detector", "goniometer")
    shared = {kind: [members for _, members in experiments.groups_sharing(kind)] for kind in kinds}
    return {
        "formats": dict(formats),
        "n_images": sum(formats.values()),
        "sweeps": [_row(experiment) for experiment in experiments],
        "shared": shared,
        "shadowing_parts": max((e.images.shadowing_parts for e in experiments if e.images), default=0),
        "overruled": overruled,
        "warnings": warnings,
    }


def _row(experiment: Experiment) -> dict[str, Any]:
    scan, images, detector = experiment.scan, experiment.images, experiment.detector
    s0 = experiment.beam.s0[None]
    panel = max(int(detector.find_panel(s0)[0]), 0)  # the one that the direct beam hits, or the first
    normal, origin = detector.normals[panel], detector.frames[panel, :, 2]
    crossing = detector.mm_to_pixel(panel, detector.intersect(panel, s0))[0]
    return {
        "template": os.path.basename(images.template or images.paths[0]) if images else "",
        "still": experiment.is_still,
        "image_range": scan.image_range if scan else (1, 1),
        "oscillation": scan.oscillation if scan else (0.0, 0.0),
        "axis": [] if experiment.goniometer is None else np.round(experiment.goniometer.lab_axis, 4).tolist(),
        "wavelength": experiment.beam.wavelength,
        "distance": abs(float(origin @ normal)),
        "beam_centre": crossing.tolist(),
        "panel": panel,
        "n_panels": len(detector),
        "image_size": detector.panels[panel].image_size,
        "detector": detector.panels[0].identifier,
    }
