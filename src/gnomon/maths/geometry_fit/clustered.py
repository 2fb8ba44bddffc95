"""How much wider uncertainties are when neighbouring spots err alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gnomon.maths.geometry_fit.marquardt import Solution
from gnomon.maths.geometry_fit.normal_equations import jacobian_blocks
from gnomon.maths.geometry_fit.residuals import Prediction, Problem

MOST_ACROSS = 4  # parts of the directions each way, about the modules of a detector
ALONG = 3  # parts of each scan: what errs alike in one direction all along, modules, is fitted and shows no more
SPOTS_IN_CLUSTER = 40  # fewer of them are a noisy mean
LARGEST_CORRECTION = 4.0  # of the variance, for the freedom that the fit takes from clusters


def inflation(problem: Problem, solution: Solution, scale: float) -> np.ndarray:
    """(n,) factors, at least 1, by which the standard deviations of the parameters exceed those of independent errors.

    From the covariance N^-1 (sum of g g^T over clusters) N^-1, with g the sum of the gradients of the spots in one
    direction in one part of the scan: Liang & Zeger 1986, Biometrika 73, 13. Split crystals, tilted sensors, crystals
    that are off the spindle err alike over whole regions and for many degrees. The fit takes from the clusters what
    its parameters can; with 3 values (x, y, phi) each, sums of squares are larger by 3 n / (3 n - parameters).
    ``scale`` is the reduced chi^2, by which the normal matrix is divided.
    """
    state = problem.model.at(solution.p)
    prediction = problem.predict(state)
    cluster = _clusters(problem, prediction)
    n_clusters = int(cluster.max(initial=0)) + 1
    if n_clusters < 4:
        return np.ones(len(solution.p))
    gradients = np.zeros((n_clusters, len(solution.p)))
    root = 1 / problem.obs.sigma
    for segment, where, jacobian in jacobian_blocks(problem, state, prediction):
        rows = segment.rows
        each = np.einsum("nkp,nk->np", jacobian, solution.residuals[rows] * root[rows] ** 2)
        columns = np.r_[problem.model.crystal_slices[segment.crystal].start + segment.columns, where]
        np.add.at(gradients, (cluster[rows][:, None], columns[None]), each)
    shifts = np.array([replace(solution.normal, gradient=g).solve() for g in gradients])
    variance = (shifts**2).sum(axis=0) * _correction(problem, n_clusters)
    shared, own = solution.normal.covariances()
    independent = scale * np.concatenate([np.diagonal(shared), *(np.diagonal(C) for C in own)])
    return np.sqrt(np.maximum(1.0, variance / np.maximum(independent, 1e-300)))


def _correction(problem: Problem, n_clusters: int) -> float:
    """3 n / (3 n - parameters) of n clusters, with the parameters that matter to one crystal."""
    model = problem.model
    own = sum(len(crystal.sigma) for crystal in model.crystals) / len(model.crystals)
    left = 1 - (model.n_shared + own) / (3 * n_clusters)
    return 1 / max(left, 1 / LARGEST_CORRECTION)


def _clusters(problem: Problem, prediction: Prediction) -> np.ndarray:
    """(N,) the number of each observation's cluster: parts of scans and of the rays' directions, of equal numbers."""
    n = len(prediction.s1)
    across = int(np.clip(np.sqrt(n / (ALONG * SPOTS_IN_CLUSTER)), 1, MOST_ACROSS))
    s1 = prediction.s1 / np.linalg.norm(prediction.s1, axis=1, keepdims=True)
    u = problem.model.experiments[0].beam.s0
    first = problem.axis[0] - (problem.axis[0] @ u) / (u @ u) * u
    x, y = s1 @ first, s1 @ np.cross(u, first)
    out = np.zeros(n, np.intp)
    for i, column in enumerate(np.array_split(np.argsort(x, kind="stable"), across)):
        for j, rows in enumerate(np.array_split(column[np.argsort(y[column], kind="stable")], across)):
            out[rows] = across * i + j
    return ALONG * out + _part_of_scan(problem)


def _part_of_scan(problem: Problem) -> np.ndarray:
    """(N,) which of ``ALONG`` parts of its scan each observation is in."""
    ends = np.array([e.needed_scan.array_range for e in problem.model.experiments])[problem.obs.experiment]
    at = (problem.obs.px[:, 2] - ends[:, 0]) / (ends[:, 1] - ends[:, 0])
    return np.clip((ALONG * at).astype(np.intp), 0, ALONG - 1)
