"""The resolution of reflections of many experiments."""

from __future__ import annotations

import numpy as np

from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.geometry.centroids import observed_rays
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections


def resolutions(experiments: Experiments, reflections: Reflections) -> np.ndarray:
    """(N,) Å: the column ``d`` where it says something, else of the index in its cell, else of the observed centroid.

    inf for reflections of which nothing is known.
    """
    d = (
        np.where(reflections["d"] > 0, reflections["d"], np.inf)
        if "d" in reflections
        else np.full(len(reflections), np.inf)
    )
    if "id" not in reflections:
        return d
    each = reflections.by_experiment()
    for i, experiment in enumerate(experiments):
        own = each.array(i)
        rows = own[np.isinf(d[own])]
        if len(rows):
            d[rows] = _of_one(experiment, reflections.select(rows))
    return d


def _of_one(experiment: Experiment, rows: Reflections) -> np.ndarray:
    d = np.full(len(rows), np.inf)
    indexed = rows["miller_index"].any(axis=1) if "miller_index" in rows else np.zeros(len(rows), bool)
    if experiment.crystal is not None:
        d[indexed] = d_spacing(rows["miller_index"][indexed], experiment.crystal.cell) if indexed.any() else np.inf
    if "xyzobs.px.value" in rows:
        seen = np.isinf(d) & rows["xyzobs.px.value"].any(axis=1)
        s1, _ = observed_rays(experiment, rows["panel"][seen].astype(np.intp), rows["xyzobs.px.value"][seen])
        with np.errstate(divide="ignore"):
            d[seen] = 1 / np.linalg.norm(s1 - experiment.beam.s0, axis=1)
    return d


def resolution_at(detector: Detector, beam: Beam, panel: int, px: np.ndarray) -> np.ndarray:
    """(N,) Å at points ``px`` (N, 2): wavelength / (2 sin theta)."""
    ray = detector.lab_coordinates(panel, detector.pixel_to_mm(panel, px))
    ray /= np.linalg.norm(ray, axis=1, keepdims=True)
    s = np.linalg.norm(ray / beam.wavelength - beam.s0, axis=1)
    return 1 / np.maximum(s, 1e-12)


def resolution_limits(detector: Detector, beam: Beam) -> tuple[float, float | None]:
    """Å at the furthest corner of any panel, and, where there is one panel, at the nearest point of its edge."""
    corners = []
    for i, (nx, ny) in enumerate(detector.image_sizes):
        corners.append(resolution_at(detector, beam, i, np.array([[0, 0], [nx, 0], [0, ny], [nx, ny]], float)).min())
    if len(detector) > 1:
        return float(min(corners)), None
    nx, ny = detector.image_sizes[0]
    x, y = np.arange(nx + 1.0), np.arange(ny + 1.0)
    edges = [np.stack(np.broadcast_arrays(*side), -1) for side in ((x, 0.0), (x, ny * 1.0), (0.0, y), (nx * 1.0, y))]
    return float(min(corners)), float(resolution_at(detector, beam, 0, np.concatenate(edges)).max())
