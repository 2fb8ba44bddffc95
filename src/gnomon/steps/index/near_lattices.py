"""Lattices so near to each other that one takes spots of both, or lies between them.

Two lattices indexed as one are told apart by how far spots lie from its nodes. A crystal turned by w (rad) has its
spots off the nodes g = A h by w x g. Where two crystals, or one that was fitted between them, are indexed as one, the
offsets are a mixture of two turns. The covariance of w over the spots is linear in the products of offsets; its first
axis starts an expectation and maximisation of two turns, one spread and strays.

A lattice between two takes the spots that run together, and hides one of the two. Spots of two crystals a turn w apart
lie at 0 and w x g from the nodes of the first, and those that were found as one between, as near to either as that is
strong: half way for equal ones. A lattice found there and one of the two explain nearly all spots, and the other is
nowhere. It shows in the spots of the lattice between, which part in two turns: that, and one beyond it as seen from the
other lattice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from gnomon.maths.crystal.change_of_basis import primitive_change
from gnomon.maths.geometry.rotation_vectors import cross_matrix, rotation_matrix
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiment
from gnomon.steps.index.candidate_lattices import node_offsets
from gnomon.steps.index.sweeps import aligned, misorientation

MOST_POINTS = 4000  # that are looked at
EM_CYCLES = 60  # cycles of expectation and maximisation
CLEARLY_TWO = 5.0
"""Standard deviations of a spot by which two turns part the spots, r.m.s., to be two. One crystal that turns steadily
during the scan spreads evenly and reaches 3.5, one Gaussian less than 2 (compare Ashman, Bird & Zepf 1994, Astron. J.
108, 2348); one crystal in simulated images 1.4 to 3.6, two 1 degree apart 6 to 13."""
NEAR_LATTICES = 5.0
"""Degrees between two lattices whose spots may run together."""
WEAKER_SHARE = 0.1
"""Share of the turn between two lattices by which one between lies off either: the weaker's share of the intensity."""
MOST_ASIDE = 0.1
"""Of the turn between two lattices, by which one between may lie off the straight way from one to the other."""
MOST_FOUND_TWICE = 0.3
"""Of the reflections on the lattice between, those that were found on one of the others too, at most: spots that ran
together are found once, while three lattices have three spots of each reflection."""


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
    h = node_offsets(A, rlp)[0]
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
    for _ in range(EM_CYCLES):
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


@dataclass(frozen=True, eq=False)
class Between:
    """Experiment ``middle`` lies between two lattices; ``hidden``: the one of them that no experiment has."""

    middle: int
    hidden: Crystal | None


def between(own: dict[int, Experiment], rlp: dict[int, np.ndarray], tolerance: float) -> Between | None:
    """The lattice of a sweep, of its experiments ``own``, that is but the spots of two others that ran together.

    rlp: (n, 3) 1/Å, the spots of each experiment; tolerance: of indices, as in ``two_turns``.
    """
    for i, experiment in own.items():
        crystal = experiment.needed_crystal
        turns = {j: _rotation_vector(crystal, other.needed_crystal) for j, other in own.items() if j != i}
        known = {j: turn for j, turn in turns.items() if turn is not None}
        third = ((np.zeros(3), turn, None) for turn in known.values())
        for middle, far, hidden in (*_turns_of_middle(crystal, rlp[i], tolerance), *third):
            for j, turn in known.items():
                spots = np.concatenate([rlp[i], rlp[j]])
                if _on_the_way(middle, far, turn) and _found_once(crystal.A, (middle, far, turn), spots):
                    return Between(i, hidden)
    return None


def _turns_of_middle(
    crystal: Crystal, rlp: np.ndarray, tolerance: float
) -> Iterator[tuple[np.ndarray, np.ndarray, Crystal]]:
    """Either of two turns as the middle, the other, and the crystal of that; none where the spots do not part."""
    two = two_turns(crystal.A, rlp, tolerance)
    if two is not None and two.apart >= CLEARLY_TWO:
        for k, A in enumerate(two.settings(crystal.A)):
            yield two.turns[1 - k], two.turns[k], replace(crystal, A=A)


def _rotation_vector(one: Crystal, other: Crystal) -> np.ndarray | None:
    """(3,) rad: the rotation vector from one to the other; None where they are further apart, or differ in cell."""
    A, B = (c.reindexed(primitive_change(c.hall_symbol)).A for c in (one, other))
    B = aligned(B, A)
    if abs(np.linalg.det(B) / np.linalg.det(A) - 1) > 0.1 or misorientation(A, B) > NEAR_LATTICES:
        return None
    u, _, v = np.linalg.svd(B @ np.linalg.inv(A))
    R = u @ v
    return 0.5 * np.array([R[2, 1] - R[1, 2], R[0, 2] - R[2, 0], R[1, 0] - R[0, 1]])


def _on_the_way(middle: np.ndarray, one: np.ndarray, other: np.ndarray) -> bool:
    """Whether a turn lies between two others, (3,) each."""
    whole = other - one
    length = float(np.linalg.norm(whole))
    share = float((middle - one) @ whole) / max(length, 1e-12) ** 2
    aside = float(np.linalg.norm(middle - one - share * whole))
    return WEAKER_SHARE < share < 1 - WEAKER_SHARE and aside < MOST_ASIDE * length


def _found_once(A: np.ndarray, turns: tuple[np.ndarray, ...], rlp: np.ndarray) -> bool:
    """Whether few reflections have a spot on the lattice in the middle and on one of the others, turns (3,) of A each.

    rlp: (n, 3) 1/Å, spots of the lattices.
    """
    h = node_offsets(A, rlp)[0]
    g = h @ A.T
    distances = np.array([np.linalg.norm(rlp - g - np.cross(w, g), axis=1) for w in turns])
    nearest = distances.argmin(axis=0)
    middle, rest = ({tuple(row) for row in h[rows].astype(int).tolist()} for rows in (nearest == 0, nearest > 0))
    return len(middle & rest) < MOST_FOUND_TWICE * max(len(middle), 1)
