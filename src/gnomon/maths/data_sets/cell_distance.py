"""How far apart two lattices are: a distance of reduced cells that does not jump where the reduction does.

G6 is (a², b², c², 2bc cos alpha, 2ac cos beta, 2ab cos gamma) in Å² (Andrews & Bernstein 1988, Acta Cryst. A44,
1009). Near a boundary of the Niggli cone two lattices that are nearly the same have reduced cells that are not;
Andrews & Bernstein 2014 (J. Appl. Cryst. 47, 346) go round by the maps of the 15 boundaries. Here the same paths are
found without a table of them: each map is a change of basis, so that the distance is the least |G6 - G6'| over all
bases near the reduced one, of either lattice.
"""

from __future__ import annotations

from functools import cache

import numpy as np

_SLACK = 1.5
"""Bases whose a² + b² + c² is more than this many times the reduced one's are no neighbours."""


@cache
def _changes() -> np.ndarray:
    """(3480, 3, 3) bases of -1, 0, 1 with determinant 1: one of each pair M, -M of bases with one metric."""
    digits = np.indices((3,) * 9).reshape(9, -1).T - 1
    M = digits.reshape(-1, 3, 3)
    return M[np.rint(np.linalg.det(M)) == 1]


def g6_of_metric(G: np.ndarray) -> np.ndarray:
    """(..., 6) Å²: the G6 vector of metrics (..., 3, 3)."""
    return np.stack(
        [G[..., 0, 0], G[..., 1, 1], G[..., 2, 2], *(2 * G[..., i, j] for i, j in ((1, 2), (0, 2), (0, 1)))], -1
    )


def metric_of_g6(g6: np.ndarray) -> np.ndarray:
    """(..., 3, 3) Å²: the metric of G6 vectors (..., 6)."""
    G = np.empty((*np.shape(g6)[:-1], 3, 3))
    for k, (i, j) in enumerate(((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))):
        G[..., i, j] = G[..., j, i] = g6[..., k] / (1 if i == j else 2)
    return G


def cell_of_g6(g6: np.ndarray) -> np.ndarray:
    """(..., 6) a, b, c in Å, angles in degrees."""
    lengths = np.sqrt(g6[..., :3])
    products = np.stack(
        [lengths[..., 1] * lengths[..., 2], lengths[..., 0] * lengths[..., 2], lengths[..., 0] * lengths[..., 1]], -1
    )
    return np.concatenate([lengths, np.rad2deg(np.arccos(np.clip(g6[..., 3:] / 2 / products, -1, 1)))], -1)


def neighbouring_bases(g6: np.ndarray) -> np.ndarray:
    """(m, 6): G6 of the reduced cell ``g6`` (6,) in all bases near it, itself first, each once."""
    M = _changes()
    G = metric_of_g6(g6)
    metrics = M.transpose(0, 2, 1) @ G @ M
    near = metrics[np.trace(metrics, axis1=1, axis2=2) <= _SLACK * np.trace(G)]
    images = np.concatenate([g6[None], g6_of_metric(near)])
    _, first = np.unique(np.round(images / np.trace(G), 9), axis=0, return_index=True)
    return images[np.sort(first)]


def cell_distances(g6: np.ndarray) -> np.ndarray:
    """(n, n) Å², symmetric: distances of lattices whose reduced cells are ``g6`` (n, 6).

    For each pair the least over the neighbouring bases of either. Never more than the distance of the reduced cells
    themselves, and zero only for one lattice.
    """
    least = np.empty((len(g6), len(g6)))
    for i, one in enumerate(g6):
        off = neighbouring_bases(one)[:, None, :] - g6
        least[i] = np.sqrt((off**2).sum(axis=2).min(axis=0))
    return np.minimum(least, least.T)


def aligned(g6: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """(n, 6): each of ``g6`` (n, 6) in the neighbouring basis that comes nearest to ``reference`` (6,)."""
    rows = []
    for one in g6:
        images = neighbouring_bases(one)
        rows.append(images[((images - reference) ** 2).sum(axis=1).argmin()])
    return np.array(rows)
