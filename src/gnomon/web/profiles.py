"""Counts by scattering angle."""

from __future__ import annotations

import math

import numpy as np

from gnomon.io.images.masks import valid_counts
from gnomon.models.experiment import Experiment
from gnomon.web.pictures import Picture

MOST_PIXELS = 1_000_000
"""Pixels that are looked at, evenly spread: of a ring of 2 px in 16M there are still some 1,000."""
_STEPS = 500


def radial_profile(experiment: Experiment, picture: Picture) -> dict[str, np.ndarray]:
    """``two_theta`` (n,), degrees, ``d`` (n,), Å, and ``mean`` (n,), counts, of rings of equal width that have pixels.

    Only trusted counts of pixels that the mask leaves are in it.
    """
    detector, beam = experiment.detector, experiment.beam
    size = sum(mask.size for mask in picture.usable)
    every = math.ceil(math.sqrt(size / MOST_PIXELS))
    angles, counts = [], []
    for i, (panel, usable) in enumerate(zip(detector.panels, picture.usable)):
        rows, columns = slice(every // 2, None, every), slice(every // 2, None, every)
        seen = picture.counts(i, rows, columns)
        low, high = valid_counts(panel)
        y, x = np.nonzero(usable[rows, columns] & (seen >= low) & (seen <= high))
        px = np.column_stack([x, y]) * every + every // 2 + 0.5
        ray = detector.lab_coordinates(i, detector.pixel_to_mm(i, px))
        cosine = ray @ -beam.direction / np.linalg.norm(ray, axis=1)
        angles.append(np.arccos(np.clip(cosine, -1, 1)))
        counts.append(seen[y, x])
    angle, count = np.concatenate(angles), np.concatenate(counts)
    step = float(angle.max(initial=0)) / _STEPS or 1.0
    ring = np.minimum((angle / step).astype(int), _STEPS - 1)
    number = np.bincount(ring, minlength=_STEPS)
    filled = number > 0
    two_theta = (np.arange(_STEPS) + 0.5)[filled] * step
    mean = np.bincount(ring, count, minlength=_STEPS)[filled] / number[filled]
    return {
        "two_theta": np.degrees(two_theta),
        "d": beam.wavelength / 2 / np.sin(two_theta / 2),
        "mean": mean,
    }
