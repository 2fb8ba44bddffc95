"""Spots found, indexed and refined."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.simulate.assess.frame import match, true_indices
from gnomon.simulate.truth import Truth

_REACH = np.array([3.0, 3.0, 2.0])  # px, px, images within which a spot is that of the truth


@dataclass(frozen=True)
class SpotFigures:
    """How many of the strong true spots came through."""

    n_true: int  # spots with more than ten sigma in truth
    found: float  # fraction of these
    indexed: float  # fraction of the found ones that have their true index
    rmsd: tuple[float, float, float]  # of the refined spots, predicted from observed: px, px, images
    prediction_error: tuple[float, float, float]  # the same, predicted from true


def strong_rows(truth: Truth, threshold: float = 10.0) -> np.ndarray:
    """Rows of the true reflections (first lattice) whose counts exceed ``threshold`` sigma."""
    r = truth.reflections
    return np.flatnonzero((r.counts > threshold * r.sigma) & (r.lattice == 0))


def is_found(truth: Truth, rows: np.ndarray, xyz: np.ndarray) -> np.ndarray:
    """(n,) bool: whether a centroid of ``xyz`` (N, 3) lies at each true reflection of ``rows``."""
    distance, _ = cKDTree(xyz / _REACH).query(truth.reflections.xyz[rows] / _REACH, p=np.inf)
    return distance < 1


def is_indexed(truth: Truth, rows: np.ndarray, experiments: Experiments, reflections: Reflections) -> np.ndarray:
    """(n,) bool: whether a spot with the true index lies at each true reflection of ``rows``."""
    places = [np.empty((0, 6))]
    indexed = reflections.select(reflections.has(Flag.INDEXED))
    each = indexed.by_experiment()
    for i, experiment in enumerate(experiments):
        mine = indexed.select(each[i])
        if experiment.crystal is not None and len(mine):
            hkl, whole = true_indices(mine["miller_index"], experiment.crystal, truth)
            places.append(np.column_stack([hkl * 2.0, mine["xyzobs.px.value"] / _REACH])[whole])
    r = truth.reflections
    wanted = np.column_stack([r.hkl[rows] * 2.0, r.xyz[rows] / _REACH])
    distance, _ = cKDTree(np.concatenate(places)).query(wanted, p=np.inf)
    return distance < 1


def residuals(reflections: Reflections) -> tuple[float, float, float]:
    """Root mean square of observed minus calculated (px, px, images) of the spots used in refinement."""
    used = reflections.select(reflections.has(Flag.USED_IN_REFINEMENT))
    return _rms(used["xyzobs.px.value"] - used["xyzcal.px"])


def prediction_error(truth: Truth, experiments: Experiments, reflections: Reflections) -> tuple[float, float, float]:
    """Root mean square of calculated minus true centroid (px, px, images) of whole spots: what geometry got wrong."""
    indexed = reflections.select(reflections.has(Flag.INDEXED))
    row = match(truth, experiments, indexed)
    whole = (row >= 0) & (truth.reflections.partiality[row] > 0.98)
    return _rms(indexed["xyzcal.px"][whole] - truth.reflections.xyz[row[whole]])


def _rms(difference: np.ndarray) -> tuple[float, float, float]:
    x, y, z = np.sqrt((difference**2).mean(axis=0))
    return float(x), float(y), float(z)


def spot_figures(truth: Truth, strong: Reflections, experiments: Experiments, refined: Reflections) -> SpotFigures:
    """The figures of find_spots' table, and of the refined experiments and table."""
    rows = strong_rows(truth)
    found = is_found(truth, rows, strong["xyzobs.px.value"])
    indexed = is_indexed(truth, rows, experiments, refined)
    error = prediction_error(truth, experiments, refined)
    return SpotFigures(len(rows), float(found.mean()), float(indexed[found].mean()), residuals(refined), error)
