"""The resolution of reflections of many experiments."""

from __future__ import annotations

import numpy as np

from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.geometry.centroids import observed_rays
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
