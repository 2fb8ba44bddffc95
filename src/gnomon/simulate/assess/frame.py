"""From a program's basis to the true one.

The true orientation is known, so a program's indices are told in the true basis by A alone, whatever setting,
reindexing or ambiguity it chose: h_true = A_true^-1 A_found h_found.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from gnomon.models.crystal import Crystal, cell_from_a_matrix
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.simulate.truth import Truth

_FRACTIONS = 12  # steps of basis change: halves, thirds and quarters of centred and primitive cells
_REACH = np.array([5.0, 5.0, 3.0])  # px, px, images: predictions of the same reflection lie well within


def basis_change(crystal: Crystal, truth: Truth) -> np.ndarray:
    """T (3, 3) with h_true = T h for the indices h of ``crystal``; entries are multiples of a twelfth."""
    exact = np.linalg.solve(np.array(truth.numbers["A"]), crystal.A)
    return np.round(exact * _FRACTIONS) / _FRACTIONS


def true_indices(hkl: np.ndarray, crystal: Crystal, truth: Truth) -> tuple[np.ndarray, np.ndarray]:
    """Indices (N, 3) int in the true basis, and (N,) bool where they are whole numbers there."""
    fractional = hkl @ basis_change(crystal, truth).T
    whole = np.round(fractional)
    return whole.astype(np.int32), (np.abs(fractional - whole) < 0.01).all(axis=1)


def cell_error(crystal: Crystal, truth: Truth) -> tuple[float, float]:
    """Largest error of the axes, relative, and of the angles, degrees, in the true basis; nan for a wrong lattice."""
    T = basis_change(crystal, truth)
    if abs(np.linalg.det(T)) < 1e-6:
        return np.nan, np.nan
    found = cell_from_a_matrix(crystal.A @ np.linalg.inv(T))
    true = np.array(truth.numbers["cell"])
    return float(np.abs(found[:3] / true[:3] - 1).max()), float(np.abs(found[3:] - true[3:]).max())


def match(truth: Truth, experiments: Experiments, reflections: Reflections) -> np.ndarray:
    """(N,) the row of the true reflection with the same index at the predicted place; -1 where there is none."""
    r = truth.reflections
    tree = cKDTree(np.column_stack([r.hkl * 2.0, r.xyz / _REACH])[r.lattice == 0])
    found, each = np.full(len(reflections), -1), reflections.by_experiment()
    for i, experiment in enumerate(experiments):
        rows = each.array(i)
        if experiment.crystal is None or not len(rows):
            continue
        hkl, whole = true_indices(reflections["miller_index"][rows], experiment.crystal, truth)
        distance, at = tree.query(np.column_stack([hkl * 2.0, reflections["xyzcal.px"][rows] / _REACH]), p=np.inf)
        found[rows] = np.where((distance < 1) & whole, np.flatnonzero(r.lattice == 0)[at % tree.n], -1)
    return found
