"""The rotation of each data set that brings all into one setting, found from all pairs at once.

The sum over pairs of E_ij(g_i g_j^-1) is to be greatest, where E_ij(W) is the evidence that W relates the indices of i
and j: a Potts model. Solved in the mean field with falling temperature (Peterson & Söderberg 1989, Int. J. Neural Syst.
1, 3), which first follows the leading eigenvectors of E and then decides.
"""

from __future__ import annotations

import numpy as np

from gnomon.maths.operators import RotationGroup

_COLD = 40.0
"""How far below the critical temperature cooling ends."""
_STEPS = 30
_ANCHORS = 3
_SWEEPS = 50


def evidence(sums: np.ndarray) -> np.ndarray:
    """(n, n, m) sum of w (x - 1)(y - 1) over pairs: of E² of mean 1, so that few pairs tell little, but no less.

    sums: those of pair_sums. 0 for a data set with itself, which is the same in every setting.
    """
    w, _, x, y, _, _, xy, _ = np.moveaxis(sums, -1, 0)
    found = xy - x - y + w
    found[np.arange(len(found)), np.arange(len(found))] = 0.0
    return found


def agree_on_settings(E: np.ndarray, group: RotationGroup) -> np.ndarray:
    """(n,) the number of the rotation g_i of each data set, h' = h g_i, so that E_ij(g_i g_j^-1) sums to the most.

    One data set stays as it is: in turn each of those that the others say most about; the best of these answers.
    """
    n, m = E.shape[0], len(group)
    anchors = np.argsort(-np.abs(E).sum(axis=(1, 2)), kind="stable")[:_ANCHORS]
    pull = _Pull(E, group)
    answers = [_settled(_cooled(pull, int(anchor), n, m), pull) for anchor in anchors]
    return max(answers, key=lambda g: round(total_evidence(E, g, group), 6))


def total_evidence(E: np.ndarray, g: np.ndarray, group: RotationGroup) -> float:
    """The sum over pairs of E_ij(g_i g_j^-1)."""
    n = np.arange(len(g))
    return float(E[n[:, None], n, group.relation[g[:, None], g]].sum())


class _Pull:
    """What the others say about each data set: T_i(k) = sum over j, l of E_ij(k l^-1) q_j(l)."""

    def __init__(self, E: np.ndarray, group: RotationGroup) -> None:
        self.flat = E.reshape(len(E), -1)
        self.source = group.product[group.inverse]  # l = W^-1 k for every W and k

    def __call__(self, q: np.ndarray) -> np.ndarray:
        """(n, m) T of probabilities q (n, m)."""
        return np.asarray(self.flat @ q[:, self.source].reshape(self.flat.shape[1], -1))

    def on(self, i: int, q: np.ndarray) -> np.ndarray:
        """(m,) T of one data set."""
        return np.asarray(self.flat[i] @ q[:, self.source].reshape(self.flat.shape[1], -1))


def _cooled(pull: _Pull, anchor: int, n: int, m: int) -> np.ndarray:
    """(n, m) probabilities of each rotation at the lowest temperature, with one data set held."""
    q = np.full((n, m), 1 / m)
    q[anchor] = np.eye(m)[0]
    critical = max(_strength(pull, n, m) / m, 1e-12)
    for temperature in critical * np.geomspace(2.0, 1 / _COLD, _STEPS):
        for _ in range(3):
            T = pull(q) / temperature
            new = np.exp(T - T.max(axis=1, keepdims=True))
            q = 0.5 * (q + new / new.sum(axis=1, keepdims=True))
            q[anchor] = np.eye(m)[0]
    return q


def _strength(pull: _Pull, n: int, m: int) -> float:
    """The greatest eigenvalue of T on deviations from even probabilities, by the power method."""
    q = np.random.default_rng(0).normal(size=(n, m))
    size = 0.0
    for _ in range(12):
        q -= q.mean(axis=1, keepdims=True)
        q /= max(float(np.linalg.norm(q)), 1e-30)
        q = pull(q)
        size = float(np.linalg.norm(q - q.mean(axis=1, keepdims=True)))
    return size


def _settled(q: np.ndarray, pull: _Pull) -> np.ndarray:
    """(n,) rotations from probabilities: each data set in turn to its best, until none changes."""
    m = q.shape[1]
    g = q.argmax(axis=1)
    sure = np.eye(m)[g]
    for _ in range(_SWEEPS):
        changed = 0
        for i in range(len(g)):
            T = pull.on(i, sure)
            best = int(T.argmax())
            if T[best] > T[g[i]] + 1e-9 * abs(T[g[i]]):
                sure[i], g[i], changed = np.eye(m)[best], best, changed + 1
        if not changed:
            break
    return g
