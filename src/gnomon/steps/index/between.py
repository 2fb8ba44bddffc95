"""A lattice between two: where spots of two lattices run together, it takes those, and hides one of them.

Spots of two crystals a turn w apart lie at 0 and w x g from the nodes of the first, and those that were found as one
between, as near to either as that is strong: half way for equal ones. A lattice found there and one of the two explain
nearly all spots, and the other is nowhere. It shows in the spots of the lattice between, which part in two turns: that,
and one beyond it as seen from the other lattice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from gnomon.maths.change_of_basis import primitive_change
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiment
from gnomon.steps.index.crystals import aligned, misorientation
from gnomon.steps.index.mixture import offsets
from gnomon.steps.index.nearby import CLEAR, two_turns

NEAR = 5.0
"""Degrees between two lattices whose spots may run together."""
WEAKER = 0.1
"""Share of the turn between two lattices by which one between lies off either: the weaker's share of the intensity."""
ASIDE = 0.1
"""Of the turn between two lattices, by which one between may lie off the straight way from one to the other."""
ALONE = 0.3
"""Of the reflections on the lattice between, those that were found on one of the others too, at most: spots that ran
together are found once, while three lattices have three spots of each reflection."""


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
        turns = {j: _turn(crystal, other.needed_crystal) for j, other in own.items() if j != i}
        known = {j: turn for j, turn in turns.items() if turn is not None}
        third = ((np.zeros(3), turn, None) for turn in known.values())
        for middle, far, hidden in (*_parted(crystal, rlp[i], tolerance), *third):
            for j, turn in known.items():
                spots = np.concatenate([rlp[i], rlp[j]])
                if _on_the_way(middle, far, turn) and _found_once(crystal.A, (middle, far, turn), spots):
                    return Between(i, hidden)
    return None


def _parted(crystal: Crystal, rlp: np.ndarray, tolerance: float) -> Iterator[tuple[np.ndarray, np.ndarray, Crystal]]:
    """Either of two turns as the middle, the other, and the crystal of that; none where the spots do not part."""
    two = two_turns(crystal.A, rlp, tolerance)
    if two is not None and two.apart >= CLEAR:
        for k, A in enumerate(two.settings(crystal.A)):
            yield two.turns[1 - k], two.turns[k], replace(crystal, A=A)


def _turn(one: Crystal, other: Crystal) -> np.ndarray | None:
    """(3,) rad: the rotation vector from one to the other; None where they are further apart, or differ in cell."""
    A, B = (c.reindexed(primitive_change(c.hall_symbol)).A for c in (one, other))
    B = aligned(B, A)
    if abs(np.linalg.det(B) / np.linalg.det(A) - 1) > 0.1 or misorientation(A, B) > NEAR:
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
    return WEAKER < share < 1 - WEAKER and aside < ASIDE * length


def _found_once(A: np.ndarray, turns: tuple[np.ndarray, ...], rlp: np.ndarray) -> bool:
    """Whether few reflections have a spot on the lattice in the middle and on one of the others, turns (3,) of A each.

    rlp: (n, 3) 1/Å, spots of the lattices.
    """
    h = offsets(A, rlp)[0]
    g = h @ A.T
    distances = np.array([np.linalg.norm(rlp - g - np.cross(w, g), axis=1) for w in turns])
    nearest = distances.argmin(axis=0)
    middle, rest = ({tuple(row) for row in h[rows].astype(int).tolist()} for rows in (nearest == 0, nearest > 0))
    return len(middle & rest) < ALONE * max(len(middle), 1)
