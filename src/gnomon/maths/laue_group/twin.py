"""Rotations of the lattice that the intensities nearly have: twinning, or pseudo-symmetry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from gnomon.maths.laue_group.operators import OperatorScore
from gnomon.maths.laue_group.pairs import Merged

_LIKE_A_TWIN = 0.3
"""Correlation without errors above which a rotation is named: a twin fraction of 0.13. Beyond it noise makes fewer."""
_STRONG = 5.0  # E² over its error: weaker ones blur the L test
_LEAST_PAIRS = 200
_MORE_PROBABLE = 10.0
"""How many times more probable twinning or none must be to be named so."""
_MOST = 20_000  # pairs that suffice


@dataclass(frozen=True, eq=False)
class NearSymmetry:
    """A rotation W that is not taken as a symmetry: correlation without errors, and the twin fraction it would be."""

    W: np.ndarray
    correlation: float
    fraction: float
    pairs: float


@dataclass(frozen=True)
class LTest:
    """Mean |L| of neighbours (Padilla & Yeates 2003, Acta Cryst. D59, 1124), its error, and what is expected."""

    mean: float
    sigma: float
    untwinned: float
    twinned: float  # of a twin of the fraction in question
    pairs: int

    @property
    def verdict(self) -> str:
        """"twinned", "not twinned", or "" where the numbers do not tell."""
        with np.errstate(divide="ignore"):
            off = [(self.mean - x) ** 2 / (2 * self.sigma**2) for x in (self.untwinned, self.twinned)]
        if abs(off[0] - off[1]) < np.log(_MORE_PROBABLE):
            return ""
        return "twinned" if off[1] < off[0] else "not twinned"


def near_symmetries(scores: Sequence[OperatorScore], members: np.ndarray, level: float) -> list[NearSymmetry]:
    """The rotations beside a group's own, (k, 3, 3), under which intensities are alike, one of those that it relates.

    level: the excess of differences between true equivalents.
    """
    inside = {np.ascontiguousarray(W, dtype=int).tobytes() for W in members}
    seen, found = set(inside), []
    for score in sorted(scores, key=lambda s: (s.found.excess, s.W.tobytes())):
        correlation = min((1 - score.found.excess) / (1 - level), 1.0)
        certain = score.decides and correlation - 3 * score.found.excess_sigma > 0
        if score.W.tobytes() in seen or correlation < _LIKE_A_TWIN or not certain:
            continue
        images = np.einsum("aij,jk,bkl->abil", members, score.W, members).reshape(-1, 3, 3)
        seen |= {W.astype(int).tobytes() for W in np.ascontiguousarray(images)}
        found.append(NearSymmetry(score.W, correlation, twin_fraction(correlation), score.found.pairs))
    return found


def twin_fraction(correlation: float) -> float:
    """The fraction a of a twin whose mates correlate so: CC = s / (1 - s), s = 2 a (1 - a), for Wilson's statistics."""
    s = correlation / (1 + correlation)
    return float(0.5 * (1 - np.sqrt(max(1 - 2 * s, 0.0))))


def l_test(data: Merged, lattice: np.ndarray, fraction: float, seed: int) -> LTest | None:
    """|L| = |I1 - I2| / (I1 + I2) of strong acentric neighbours two apart; None where they are too few.

    lattice: the rotations (k, 3, 3) whose zones may be centric and are left out. What is expected, untwinned and with
    the ``fraction``, is drawn with the errors that the pairs have.
    """
    i, j = _neighbours(data, _acentric(data.hkl, lattice) & (data.e2 > 0))
    strong = (data.e2[i] + data.e2[j]) / 2 > _STRONG * np.sqrt(data.noise[i] + data.noise[j]) / 2
    stride = max(1, int(strong.sum()) // _MOST)
    i, j = i[strong][::stride], j[strong][::stride]
    if len(i) < _LEAST_PAIRS:
        return None
    found = _mean_l(data.e2[i], data.e2[j])
    error = np.sqrt(data.noise[i] + data.noise[j]) / (data.e2[i] + data.e2[j])  # of L
    rng = np.random.default_rng(seed)
    none, twin = (_expected(error, a, rng) for a in (0.0, fraction))
    sigma = float(np.abs(_l(data.e2[i], data.e2[j])).std() * 2 / np.sqrt(len(i)))  # a reflection is in many pairs
    return LTest(found, sigma, none, twin, len(i))


def _l(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.asarray((x - y) / (x + y))


def _mean_l(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.abs(_l(x, y)).mean())


def _expected(error: np.ndarray, fraction: float, rng: np.random.Generator) -> float:
    """Mean |L| of Wilson's intensities twinned by ``fraction``, with errors of L as given."""
    x, y = ((1 - fraction) * rng.exponential(size=(2, len(error)))) + fraction * rng.exponential(size=(2, len(error)))
    return float(np.abs(np.clip(_l(x, y) + error * rng.normal(size=len(error)), -1, 1)).mean())


def _acentric(hkl: np.ndarray, rotations: np.ndarray) -> np.ndarray:
    """(N,) bool: no rotation takes h to -h."""
    centric = np.zeros(len(hkl), bool)
    for W in rotations:
        centric |= (hkl @ W == -hkl).all(axis=1)
    return ~centric


def _neighbours(data: Merged, usable: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows i and j of usable reflections that are two apart along axes or diagonals."""
    steps = [step for step in product((0, 2, -2), repeat=3) if step > (0, 0, 0)]
    place = np.array([data.span**2, data.span, 1], np.int64)
    rows = np.flatnonzero(usable)
    found = []
    for step in steps:
        key = np.abs((data.hkl[rows] + step).astype(np.int64) @ place)
        at = np.minimum(np.searchsorted(data.key, key), len(data.key) - 1)
        good = (data.key[at] == key) & usable[at] & (at != rows)
        found.append((rows[good], at[good]))
    return np.concatenate([i for i, _ in found]), np.concatenate([j for _, j in found])
