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
_FRACTIONS = np.linspace(0, 0.5, 11)
_LEAST_ERROR = 0.01
"""Of the mean of |L|: anisotropy and what else is not normalised move it by as much."""
_OTHERWISE, _ANYTHING = 0.05, 5.0
"""How often |L| is not as expected, and its density then: over a width of 0.2."""


@dataclass(frozen=True, eq=False)
class NearSymmetry:
    """A rotation W that is not taken as a symmetry: correlation without errors, and the twin fraction it would be."""

    W: np.ndarray
    correlation: float
    fraction: float
    pairs: float


@dataclass(frozen=True, eq=False)
class LTest:
    """Mean |L| of neighbours (Padilla & Yeates 2003, Acta Cryst. D59, 1124), its error, and what is expected.

    ``curve``: (11,) the mean expected of twin fractions 0, 0.05 ... 0.5, with the errors that the pairs have.
    """

    mean: float
    sigma: float
    curve: np.ndarray
    pairs: int

    def expected(self, fraction: float) -> float:
        """Mean |L| of a twin of this fraction."""
        return float(np.interp(fraction, _FRACTIONS, self.curve))

    def verdict(self, fraction: float) -> str:
        """ "twinned" (by this fraction), "not twinned", or "" where the numbers do not tell."""
        off = [(self.mean - self.expected(a)) ** 2 / (2 * self.sigma**2) for a in (0.0, fraction)]
        if abs(off[0] - off[1]) < np.log(_MORE_PROBABLE):
            return ""
        return "twinned" if off[1] < off[0] else "not twinned"

    def density(self, fraction: float) -> float:
        """The density of the mean for a twin of this fraction; once in 20 it is anything, for reasons of its own."""
        z = (self.mean - self.expected(fraction)) / self.sigma
        gauss = np.exp(-0.5 * z**2) / (self.sigma * np.sqrt(2 * np.pi))
        return float((1 - _OTHERWISE) * gauss + _OTHERWISE * _ANYTHING)


def near_symmetries(scores: Sequence[OperatorScore], members: np.ndarray, level: float) -> list[NearSymmetry]:
    """The rotations beside a group's own, (k, 3, 3), under which intensities are alike, one of those that it relates.

    level: the excess of differences between true equivalents.
    """
    inside = {np.ascontiguousarray(W, dtype=int).tobytes() for W in members}
    seen, found = set(inside), []
    for score in sorted(scores, key=lambda s: (s.found.excess, s.W.tobytes())):
        correlation = min((1 - score.found.excess) / (1 - level), 1.0)
        if score.W.tobytes() in seen or correlation < _LIKE_A_TWIN or not _certain(score, members):
            continue
        images = np.einsum("aij,jk,bkl->abil", members, score.W, members).reshape(-1, 3, 3)
        seen |= {W.astype(int).tobytes() for W in np.ascontiguousarray(images)}
        found.append(NearSymmetry(score.W, correlation, twin_fraction(correlation), score.found.pairs))
    return found


def _certain(score: OperatorScore, members: np.ndarray) -> bool:
    """Whether intensities do correlate under a rotation, at three standard errors.

    Pairs that the group's own rotations relate say the same: the error of unrelated ones is as much larger.
    """
    return score.decides and 1 - score.found.excess > 3 * np.sqrt(len(members)) * score.found.excess_sigma


def largest_fraction(scores: Sequence[OperatorScore], members: np.ndarray) -> float:
    """The largest twin fraction that rotations beside a group's own, (k, 3, 3), would be; 0 where none is alike.

    What the group's own equivalents differ by is no sign of a smaller fraction.
    """
    inside = {np.ascontiguousarray(W, dtype=int).tobytes() for W in members}
    own = [s.found.excess for s in scores if s.W.tobytes() in inside and s.decides]
    level = float(np.clip(np.median(own), 0.0, 0.5)) if own else 0.0
    beside = [s for s in scores if s.W.tobytes() not in inside and _certain(s, members)]
    return max((twin_fraction(min((1 - s.found.excess) / (1 - level), 1.0)) for s in beside), default=0.0)


def twin_fraction(correlation: float) -> float:
    """The fraction a of a twin whose mates correlate so: CC = s / (1 - s), s = 2 a (1 - a), for Wilson's statistics."""
    s = correlation / (1 + correlation)
    return float(0.5 * (1 - np.sqrt(max(1 - 2 * s, 0.0))))


def l_test(data: Merged, lattice: np.ndarray, seed: int) -> LTest | None:
    """|L| = |I1 - I2| / (I1 + I2) of strong acentric neighbours two apart; None where they are too few.

    lattice: the rotations (k, 3, 3) whose zones may be centric and are left out.
    """
    i, j = _neighbours(data, _acentric(data.hkl, lattice))
    sigma, total = np.sqrt(data.noise[i] + data.noise[j]), data.e2[i] + data.e2[j]
    some = total > 0
    return told_by_neighbours((data.e2[i] - data.e2[j])[some] / total[some], sigma[some] / total[some], seed)


def told_by_neighbours(L: np.ndarray, noise: np.ndarray, seed: int) -> LTest | None:
    """The test of neighbours' L (n,) with errors ``noise`` (n,); None where the strong pairs are too few."""
    strong = np.flatnonzero(noise < 1 / _STRONG)
    strong = strong[:: max(1, len(strong) // _MOST)]
    if len(strong) < _LEAST_PAIRS:
        return None
    noise, size = noise[strong], np.abs(np.clip(L[strong], -1, 1))
    rng = np.random.default_rng(seed)
    drawn, noise = rng.exponential(size=(4, len(strong))), noise * rng.normal(size=len(strong))
    curve = np.array([_expected(drawn, noise, a) for a in _FRACTIONS])
    error = np.hypot(2 * float(size.std()) / np.sqrt(len(strong)), _LEAST_ERROR)  # a reflection is in many pairs
    return LTest(float(size.mean()), float(error), curve, len(strong))


def _expected(drawn: np.ndarray, noise: np.ndarray, fraction: float) -> float:
    """Mean |L| of Wilson's intensities twinned by ``fraction``, with errors of L as given."""
    x, y = (1 - fraction) * drawn[:2] + fraction * drawn[2:]
    return float(np.abs(np.clip((x - y) / (x + y) + noise, -1, 1)).mean())


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
