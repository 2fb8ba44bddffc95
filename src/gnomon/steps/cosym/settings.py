"""The rotation of each data set that brings all into one setting, found from all pairs at once.

The sum over pairs of E_ij(g_i g_j^-1) is to be greatest, where E_ij(W) is the evidence that W relates the indices of i
and j: a Potts model. Solved in the mean field with falling temperature (Peterson & Söderberg 1989, Int. J. Neural Syst.
1, 3), which first follows the leading eigenvectors of E and then decides. Settings that pseudo-symmetry or twinning
makes nearly alike are then told by differences, in which what both have in common is not.

E of n data sets and m rotations has n² m numbers, and each step of the mean field takes n² m² operations: with more
than 300 data sets it is solved for the 300 that share most, the others are put beside them, and all settle together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.distribute.executor import INLINE, Executor
from gnomon.maths.data_sets.pairwise import Pairs
from gnomon.steps.cosym.operators import RotationGroup

_COLD = 40.0
"""How far below the critical temperature cooling ends."""
_STEPS = 30
_ANCHORS = 3
_SWEEPS = 50
_KURTOSIS = 5.0
"""Relative variance of a squared difference of Wilson's intensities; of normal ones it is 2, for half a logarithm."""
_UNRELATED, _ALIKE, _FEW = 2.0, 1.0, 4.0
"""Mean squared difference of unrelated E², of those that are alike at most; pairs with which the usual one counts."""
MEAN_FIELD = 300
"""Data sets at most that the mean field is solved for: 17 MB in a cubic lattice, and 2 CPU s."""


def settings_of(pairs: Pairs, group: RotationGroup, executor: Executor = INLINE) -> np.ndarray:
    """(n,) the number of the rotation of each data set of ``pairs`` that brings all into one setting."""
    n = len(pairs)
    if n <= MEAN_FIELD:
        product, difference = evidence(pairs, executor)
        start = np.eye(len(group))[agree_on_settings(product, group)]
        answers = (_settled(start, _Pull(difference, group)), agree_on_settings(difference, group))
        return max(answers, key=lambda g: round(total_evidence(difference, g, group), 6))
    first = np.sort(np.argsort(-pairs.information(), kind="stable")[:MEAN_FIELD])
    g = np.zeros(n, np.int64)
    g[first] = agree_on_settings(evidence(pairs.reordered(first), executor)[0], group)
    taken = np.zeros(n, bool)
    taken[first] = True
    T = pairs.each_with_all(_OthersSay(g, taken, group), np.flatnonzero(~taken), executor)
    g[~taken] = [int(t.argmax()) for t in T]
    return _all_settled(pairs, g, group, executor)


@dataclass(frozen=True, eq=False)
class _OthersSay:
    """(m,) what data sets in settings g say for each setting k of data set i: the sum of E_ij(k g_j^-1).

    ``settled``: (n,) bool, whose settings are known; i's own says nothing.
    """

    g: np.ndarray  # (n,)
    settled: np.ndarray
    group: RotationGroup

    def __call__(self, i: int, sums: np.ndarray) -> np.ndarray:
        sums[i] = 0.0
        g = self.g[self.settled]
        return np.asarray(evidence_of(sums[self.settled])[np.arange(len(g)), self.group.relation[:, g]].sum(axis=1))


def _all_settled(pairs: Pairs, g: np.ndarray, group: RotationGroup, executor: Executor) -> np.ndarray:
    """(n,) rotations: each data set in turn to its best among all others, until none changes.

    What all say for each is kept, and changed with each change, so that pairs are gone through once and then once more
    for each change.
    """
    g, n = g.copy(), np.arange(len(g))
    T = np.array(list(pairs.each_with_all(_OthersSay(g.copy(), np.ones(len(g), bool), group), n, executor)))
    for _ in range(_SWEEPS):
        changed = 0
        for i in range(len(g)):
            best = int(T[i].argmax())
            if T[i, best] > T[i, g[i]] + 1e-9 * abs(T[i, g[i]]):
                says = evidence_of(pairs.mirrored(pairs.row(i)))  # E_ji(W)
                says[i] = 0.0
                T += says[n[:, None], group.relation[:, best]] - says[n[:, None], group.relation[:, g[i]]]
                g[i], changed = best, changed + 1
        if not changed:
            break
    return g


def evidence(pairs: Pairs, executor: Executor = INLINE) -> tuple[np.ndarray, np.ndarray]:
    """(n, n, m) E_ij(W) of all data sets by products, and by differences; 0 for one with itself in any setting."""
    n = len(pairs)
    product, difference = np.zeros((2, n, n, len(pairs.relation)))
    for i, (products, differences) in enumerate(pairs.each(_EvidenceBothWays(pairs), range(n), executor)):
        product[i, :i], product[:i, i] = products
        difference[i, :i], difference[:i, i] = differences
    return product, difference


@dataclass(frozen=True, eq=False)
class _EvidenceBothWays:
    """Of data set i with those before it (i, m), and of those with i (i, m): by products, and by differences."""

    pairs: Pairs

    def __call__(self, i: int, sums: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
        mine, others = sums[:i], self.pairs.mirrored(sums[:i])
        return (evidence_of(mine), evidence_of(others)), (difference_evidence(mine), difference_evidence(others))


def evidence_of(sums: np.ndarray) -> np.ndarray:
    """(...) sum of w (x - 1)(y - 1) over pairs, from sums (..., N_SUMS): E² has mean 1, so few pairs tell little, but
    no less."""
    w, _, x, y, _, _, xy, _ = np.moveaxis(sums, -1, 0)
    return np.asarray(xy - x - y + w)


def difference_evidence(sums: np.ndarray) -> np.ndarray:
    """(..., m) how much more likely differences are those of one setting than of all nearly equal ones, as a logarithm.

    Normal with a variance that is not known, but was in _FEW pairs before what it is over all rotations under which the
    two data sets are alike; so that it does not matter how many pairs a rotation has. Products tell a setting from an
    unrelated one, which few pairs do; this tells one from a nearly equal one.
    """
    w, _, _, _, xx, yy, xy, n = np.moveaxis(sums, -1, 0)
    square = np.maximum(xx + yy - 2 * xy, 0.0)
    alike = square < _ALIKE * w
    usual = np.where(alike, square, 0.0).sum(axis=-1) / np.maximum(np.where(alike, w, 0.0).sum(axis=-1), 1e-9)
    usual = np.where(alike.any(axis=-1), np.maximum(usual, 1e-6), _UNRELATED)[..., None]
    return np.asarray(n / _KURTOSIS * np.log(usual * (w + _FEW) / (square + _FEW * usual)))


def agree_on_settings(E: np.ndarray, group: RotationGroup) -> np.ndarray:
    """(n,) the number of the rotation g_i of each data set, h' = h g_i, so that E_ij(g_i g_j^-1) sums to the most.

    E: (n, n, m). One data set stays as it is: in turn each of those that the others say most about; the best of these
    answers.
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
        self.relation = group.relation

    def __call__(self, q: np.ndarray) -> np.ndarray:
        """(n, m) T of probabilities q (n, m)."""
        return np.asarray(self.flat @ q[:, self.source].reshape(self.flat.shape[1], -1))

    def on(self, i: int, g: np.ndarray) -> np.ndarray:
        """(m,) T of one data set where the others' rotations g (n,) are certain."""
        E = self.flat[i].reshape(len(g), -1)
        return np.asarray(E[np.arange(len(g)), self.relation[:, g]].sum(axis=1))


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
    g = q.argmax(axis=1)
    for _ in range(_SWEEPS):
        changed = 0
        for i in range(len(g)):
            T = pull.on(i, g)
            best = int(T.argmax())
            if T[best] > T[g[i]] + 1e-9 * abs(T[g[i]]):
                g[i], changed = best, changed + 1
        if not changed:
            break
    return g
