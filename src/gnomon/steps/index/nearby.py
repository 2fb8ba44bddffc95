"""Two lattices so near to each other that one takes the spots of both: told apart by how far spots lie from its nodes.

A crystal turned by w (rad) has its spots off the nodes g = A h by w x g. Where two crystals, or one that was fitted
between them, are indexed as one, the offsets are a mixture of two turns. The covariance of w over the spots is linear
in the products of offsets; its first axis starts an expectation and maximisation of two turns, one spread and strays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.maths.rotation_vectors import cross_matrix, rotation_matrix
from gnomon.steps.index.mixture import offsets

MOST_POINTS = 4000
N_EM = 60
CLEAR = 5.0
"""Standard deviations of a spot by which two turns part the spots, r.m.s., to be two. One crystal that turns steadily
during the scan spreads evenly and reaches 3.5, one Gaussian less than 2 (compare Ashman, Bird & Zepf 1994, Astron. J.
108, 2348); one crystal in simulated images 1.4 to 3.6, two 1 degree apart 6 to 13."""


@dataclass(frozen=True, eq=False)
class TwoTurns:
    """Turns (2, 3) rad, the greater share first; shares (2,) of the points; sigmas by which they part the spots."""

    turns: np.ndarray
    shares: np.ndarray
    apart: float

    def settings(self, A: np.ndarray) -> list[np.ndarray]:
        """A (3, 3) of the two lattices."""
        return [rotation_matrix(w) @ A for w in self.turns]


def two_turns(A: np.ndarray, rlp: np.ndarray, tolerance: float) -> TwoTurns | None:
    """The two turns of A that explain the points (N, 3) 1/Å within ``tolerance`` of its nodes; None where too few."""
    h = offsets(A, rlp)[0]
    near = (np.abs(rlp @ np.linalg.inv(A).T - h) < tolerance).all(axis=1) & h.any(axis=1)
    rows = np.flatnonzero(near)
    if len(rows) < 20:
        return None
    rows = rows[np.linspace(0, len(rows) - 1, min(len(rows), MOST_POINTS)).astype(int)]
    g = h[rows] @ A.T
    delta, moves = rlp[rows] - g, -cross_matrix(g)  # w x g = moves w
    axis = _first_axis(delta, moves)
    return _maximised(delta, moves, np.stack([axis, -axis]), abs(float(np.linalg.det(A))))


def _first_axis(delta: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """(3,) rad: the direction in which turns of the spots vary most, as long as their standard deviation.

    d d^T = M S M^T + v 1 is linear in S and v, and solved by least squares over spots, each weighted by 1 / |g|^2.
    """
    weight = 1 / np.linalg.norm(moves, axis=(1, 2)) ** 2
    pairs = [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)]
    columns = []
    for i, j in pairs:
        one = np.einsum("na,nb->nab", moves[:, :, i], moves[:, :, j])
        columns.append(one if i == j else one + one.transpose(0, 2, 1))
    columns.append(np.broadcast_to(np.eye(3), one.shape))
    X = (np.stack(columns, -1) * weight[:, None, None, None]).reshape(-1, 7)
    y = (np.einsum("na,nb->nab", delta, delta) * weight[:, None, None]).ravel()
    s = np.linalg.lstsq(X, y, rcond=None)[0]
    S = np.array([[s[0], s[3], s[4]], [s[3], s[1], s[5]], [s[4], s[5], s[2]]])
    values, vectors = np.linalg.eigh(S)
    return vectors[:, -1] * np.sqrt(max(values[-1], 1e-12))


def _maximised(delta: np.ndarray, moves: np.ndarray, turns: np.ndarray, density: float) -> TwoTurns:
    """The turns (2, 3) of most likelihood; strays are spread evenly, at ``density`` (Å³: one a node) in all.

    The spread of a spot starts at a third of the parting and shrinks as the turns part.
    """
    shares, part = np.array([0.45, 0.45]), moves @ (turns[0] - turns[1])
    variance = float((part**2).sum(axis=1).mean()) / 9
    for _ in range(N_EM):
        off = delta[None] - np.einsum("nab,kb->kna", moves, turns)
        squared = (off**2).sum(axis=2)
        ratio = shares[:, None] * np.exp(-squared / (2 * variance)) * density / (2 * np.pi * variance) ** 1.5
        belong = ratio / (ratio.sum(axis=0) + 1 - shares.sum())
        shares = np.clip(belong.mean(axis=1), 1e-4, 1)
        shares *= min(1.0, 0.999 / shares.sum())
        normal = np.einsum("kn,nba,nbc->kac", belong, moves, moves)
        right = np.einsum("kn,nba,nb->ka", belong, moves, delta)
        turns = np.linalg.solve(normal + 1e-12 * np.eye(3), right[:, :, None])[:, :, 0]
        variance = max(float((belong * squared).sum() / (3 * belong.sum() + 1e-12)), 1e-10)
    order = np.argsort(-shares, kind="stable")
    return TwoTurns(turns[order], shares[order], _apart(moves @ (turns[0] - turns[1]), off, belong))


def _apart(part: np.ndarray, off: np.ndarray, belong: np.ndarray) -> float:
    """By how many standard deviations of a spot, along the way between them, two turns part the spots, r.m.s.

    part: (N, 3) from one turn's node to the other's; off: (2, N, 3) of the spots from each; belong: (2, N). Along
    ``part`` alone: on wide images phi is known to the image only, and a spread of one image along the rotation would
    be two turns beside the errors across it, which are ten times less.
    """
    length = np.linalg.norm(part, axis=1)
    if not length.any():
        return 0.0
    along = np.einsum("kna,na->kn", off, part / np.maximum(length, 1e-30)[:, None])
    variance = float((belong * along**2).sum() / (belong.sum() + 1e-12))
    return float(np.sqrt((length**2).mean() / max(variance, 1e-10)))
