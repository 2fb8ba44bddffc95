"""How probable subgroups of the lattice's symmetry are, given how intensities agree under each of its rotations.

A symmetry leaves the differences that measurement makes, one level for all symmetries of a crystal; what is not one
leaves more: pseudo-symmetry and twinning too, however high their correlation. After Evans 2011, Acta Cryst. D67, 282,
with that level in place of a fixed error of 0.1 of correlations.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp, stdtr

from gnomon.maths.laue_group.operators import ENOUGH, Calibration, OperatorScore, inverse
from gnomon.maths.laue_group.pairs import SIGMAS_OFF, Agreement

_LEVELS = np.geomspace(0.0002, 0.6, 40)
_USUAL_LEVEL, _LEVEL_SPREAD = 0.004, 1.3
"""Excess of differences between equivalents whose scales were told by themselves: errors of 4 % of an intensity make
0.004, within a factor of exp(1.3); simulated sweeps lie at .0005 to .002, shared real ones at .002 to .03."""
_UNEVEN = 0.2
"""Spread of the logarithm of the excess among the symmetries of one crystal: paths through the crystal differ. Beside
errors of the excesses it is 0.05 to 0.15 in simulated sweeps, 0.2 at most in four of L-cysteine."""
_REPEATS_UNEVEN = 0.7
"""The same of repeated observations, which may lie close together on the detector: 0.2 in simulated sweeps, about 0.9
in four of L-cysteine."""
_STEPS = np.linspace(-6, 6, 25)  # of the spread: where it is summed
_FINE = 0.15  # half a step of _STEPS, and of _LEVELS: what lies between is not missed
_EXCESSES = np.append(np.geomspace(0.0003, 1.0, 82), 0.0)
_NEAR, _MEROHEDRAL, _NEAR_MOST = 0.12, 2.0, 0.25
"""How often a crystal nearly is of a certain group larger than its own, by pseudo-symmetry or twinning: 6 structures
of 100 are such (Lebedev, Vagin & Murshudov 2006, Acta Cryst. D62, 83), of the half or so of all whose lattice has more
symmetry than they. Twice that where it has it in any case, as that of P 3 or P 4: a twin costs nothing there. And in
all at most."""
_KINDS_OF_NEAR = np.array([0.46, 0.46, 0.08])
"""What it is then: pseudo-symmetry, a twin, a perfect twin without any excess, which merging alone does not tell."""
_NEAR_FROM, _NEAR_TO = 0.0005, 0.5
"""Excesses of pseudo-symmetry, each factor as likely: atoms .025 to .8 Å r.m.s. off, at 3 Å. What is nearer is as good
as symmetric: coordinates of good structures are off by as much."""
_UNLIKE = 0.1
"""Spread, relative to 1 - CC, of the excess of rotations that a symmetry makes alike."""
_SAMPLING = 5.0
"""Variance of an excess that n pairs find, relative, times n: <d⁴>/<d²>² - 1 of differences of Wilson's intensities."""
_FREEDOM = 6.0
"""Of Student's t for all of these: errors of errors, and what no model foresees."""
_OFF = np.linspace(-0.4, 0.4, 13)
"""By how much counting variances are wrong, all alike, relative: summed over with the spread SIGMAS_OFF."""
_UNTOLD = 0.0005
"""Of an excess: smooth errors that scales leave differ by so much from rotation to rotation (2 % of an intensity)."""
_OFF_FINE = 0.05  # what of this differs between rotations; more than half a step


def _excess_kinds() -> np.ndarray:
    """(4, excesses) how often what is unlike, pseudo-symmetry, the law of a twin, of a perfect one has them."""
    e = _EXCESSES[:-1]
    unlike = np.sqrt(np.maximum(2 * e - e**2, 0)) * e  # the density of CC, per factor of 1 - CC
    pseudo = ((e >= _NEAR_FROM) & (e <= _NEAR_TO)).astype(float)
    twin = np.sqrt(e)  # 1 - CC = 8 (1/2 - fraction)² of twins that are nearly perfect
    kinds = np.zeros((4, len(_EXCESSES)))
    kinds[:3, :-1] = [one / one.sum() for one in (unlike, pseudo, twin)]
    kinds[3, -1] = 1.0
    return kinds


_EXCESS_KINDS = _excess_kinds()


class Neighbours(NamedTuple):
    """The density of what neighbours say (mean |L|): untwinned, a twin as each of n groups would be, a perfect one."""

    untwinned: float
    twin: np.ndarray
    perfect: float

    def logarithms(self) -> np.ndarray:
        """(n, 4) of groups that come alone, with pseudo-symmetry, in a twin, in a perfect one."""
        without, perfect = (np.full(len(self.twin), one) for one in (self.untwinned, self.perfect))
        return np.log(np.column_stack([without, without, self.twin, perfect]))


def group_probabilities(
    groups: Sequence[np.ndarray],
    scores: Sequence[OperatorScore],
    calibration: Calibration,
    neighbours: Neighbours | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """(n,) the probability of each subgroup, given as its rotations (k, 3, 3), by merging alone; and with neighbours.

    Beforehand each class of conjugate subgroups is as likely. Of a subgroup H and a level, the likelihood is that of
    the excess of each of its rotations about the level, and of the others about 1 - CC; rotations that H relates have
    one CC. It has any value from 0 to 1, with a density proportional to sqrt(1 - CC²) (Evans 2011, eq. 6); but
    near-symmetry is a group, too: with the probability of _NEAR all rotations in some larger K are nearly symmetries.
    Summed over K, over levels, and over how far off the counting variances are.
    """
    with_it, without = _likelihoods(scores)
    level = _log_prior() + _identity(calibration)
    number = {key: k for k, s in enumerate(scores) for key in (s.W.tobytes(), inverse(s.W).tobytes())}
    sets = [_numbers(rotations, number) for rotations in groups]
    free = np.array([_free_parameters(rotations) for rotations in groups])
    nothing = np.zeros((len(groups), 4))
    told = np.array([nothing, nothing if neighbours is None else neighbours.logarithms()])
    logs = np.tile(-np.log(_conjugates(groups)), (2, 1))
    for h, rotations in enumerate(groups):
        cosets = _related(scores, sorted(sets[h]), np.ascontiguousarray(rotations, dtype=int), number)
        kinds = [_kinds(without[alike].sum(axis=0)) for alike in cosets]
        near = [k for k, other in enumerate(sets) if other > sets[h]]
        inside = [[sets[k].issuperset(alike) for alike in cosets] for k in near]
        own = level + with_it[sorted(sets[h])].sum(axis=0)
        by_kind = _by_kind(own, kinds, inside, _log_states(free, h, near))
        logs[:, h] += logsumexp(told[:, h] + by_kind, axis=-1)
    probability = np.exp(logs - logs.max(axis=1, keepdims=True))
    merging, both = probability / probability.sum(axis=1, keepdims=True)
    return merging, both


def _numbers(rotations: np.ndarray, number: dict[bytes, int]) -> frozenset[int]:
    """The numbers of the scores of a subgroup's rotations."""
    keys = (W.tobytes() for W in np.ascontiguousarray(rotations, dtype=int))
    return frozenset(number[key] for key in keys if key in number)


def _conjugates(groups: Sequence[np.ndarray]) -> np.ndarray:
    """(n,) how many of the subgroups the rotations of the largest turn into each, itself among them."""
    names = [frozenset(W.tobytes() for W in np.ascontiguousarray(H, dtype=int)) for H in groups]
    lattice = np.ascontiguousarray(max(groups, key=len), dtype=int)
    back = np.rint(np.linalg.inv(lattice)).astype(int)
    count = []
    for H in groups:
        turned = np.ascontiguousarray(np.einsum("aij,bjk,akl->abil", lattice, np.asarray(H, dtype=int), back))
        images = {frozenset(W.tobytes() for W in image) for image in turned}
        count.append(len(images.intersection(names)))
    return np.array(count)


def _kinds(without: np.ndarray) -> np.ndarray:
    """(4, offs, levels) the likelihood of related rotations as unlike, pseudo-symmetry, a twin's law, a perfect one's.

    without: (offs, levels, excesses) for each excess.
    """
    top = without.max(axis=-1)
    with np.errstate(divide="ignore"):
        found = np.log(np.exp(without - top[..., None]) @ _EXCESS_KINDS.T) + top[..., None]
    return np.asarray(np.moveaxis(found, -1, 0))


def _free_parameters(rotations: np.ndarray) -> int:
    """How many parameters a cell with these rotations (k, 3, 3) has: the metrics that all of them leave as they are."""
    W = np.asarray(rotations, dtype=int)
    trace, squared = np.trace(W, axis1=1, axis2=2), np.trace(W @ W, axis1=1, axis2=2)
    return int(np.rint(((trace**2 + squared) / 2).mean()))


def _log_states(free: np.ndarray, h: int, near: list[int]) -> np.ndarray:
    """(1 + k, 4) how likely it is that subgroup h comes alone, or nearly as one of the groups ``near``, by each kind.

    free: (n,) the free parameters of each group's cell.
    """
    share = np.array([_NEAR * (_MEROHEDRAL if free[k] == free[h] else 1) for k in near])
    share *= min(1.0, _NEAR_MOST / max(share.sum(), _NEAR))
    with np.errstate(divide="ignore"):
        return np.log(np.vstack([[1 - share.sum(), 0, 0, 0], share[:, None] * np.append(0, _KINDS_OF_NEAR)]))


def _by_kind(own: np.ndarray, kinds: list[np.ndarray], inside: list[list[bool]], states: np.ndarray) -> np.ndarray:
    """(4,) the likelihood of a subgroup that comes alone, or nearly as a larger one, of each kind; summed over levels.

    own: (offs, levels) that of its own rotations; kinds: from :func:`_kinds`, of those beside it; inside: of each group
    that it nearly is, which of these the group has; states: from :func:`_log_states`.
    """
    logs = np.full(4, -np.inf)
    logs[0] = states[0, 0] + logsumexp(own + sum(kind[0] for kind in kinds))
    for mine, weights in zip(inside, states[1:]):
        for k in (1, 2, 3):
            beside = sum(one[k] if have else one[0] for one, have in zip(kinds, mine))
            logs[k] = np.logaddexp(logs[k], weights[k] + logsumexp(own + beside))
    return logs


def operator_odds(scores: Sequence[OperatorScore], calibration: Calibration) -> np.ndarray:
    """(m,) the probability that each rotation by itself is a symmetry, both being as likely beforehand."""
    if not scores:
        return np.zeros(0)
    with_it, without = _likelihoods(scores)
    level = _log_prior() + _identity(calibration)
    for_it = logsumexp(level + with_it, axis=(1, 2))
    shares = np.log(np.append(1 - _NEAR, _NEAR * _KINDS_OF_NEAR))[:, None, None]
    against = np.array([logsumexp(level + logsumexp(_kinds(one) + shares, axis=0)) for one in without])
    return np.asarray(1 / (1 + np.exp(np.clip(against - for_it, -700, 700))))


def _likelihoods(scores: Sequence[OperatorScore]) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of each rotation as a symmetry (m, offs, levels), as none (m, offs, levels, excesses); 0 if silent."""
    with_it = np.zeros((len(scores), len(_OFF), len(_LEVELS)))
    without = np.zeros((*with_it.shape, len(_EXCESSES)))
    for k, score in enumerate(scores):
        if score.decides:
            x = score.found.excess - score.found.counted * _OFF
            sigma = _error(score.found)
            sampled = _SAMPLING / score.found.pairs
            levels = score.found.share * _LEVELS
            with_it[k] = _about_level(x, levels, (sigma, _UNEVEN, sampled))
            own = _EXCESSES * (1 - levels[:, None])
            near = sigma**2 + (_UNEVEN * levels[:, None]) ** 2
            width = np.sqrt(near + (max(_UNLIKE, _FINE) ** 2 + sampled) * own**2)
            without[k] = _student(x[:, None, None], levels[:, None] + own, width)
    return with_it, without


def _about_level(x: np.ndarray, levels: np.ndarray, errors: tuple[float, float, float]) -> np.ndarray:
    """(offs, levels) of x (offs,) where its logarithm spreads about that of the level.

    errors: that of x, the spread, and the variance that few pairs give it, relative.
    """
    sigma, spread, sampled = errors
    weight = (1 + _STEPS**2 / _FREEDOM) ** (-(_FREEDOM + 1) / 2)
    own = levels[:, None] * np.exp(spread * _STEPS)
    width = np.sqrt(sigma**2 + (max(_FINE, spread / 4) ** 2 + sampled) * own**2)
    return np.asarray(logsumexp(_student(x[:, None, None], own, width) + np.log(weight / weight.sum()), axis=-1))


def _student(x: np.ndarray, centre: np.ndarray, width: np.ndarray) -> np.ndarray:
    """The logarithm of Student's t density, cut to where an excess can lie, below 2."""
    z = (x - centre) / width
    log = -(_FREEDOM + 1) / 2 * np.log1p(z**2 / _FREEDOM) - np.log(width)
    return np.asarray(log - np.log(stdtr(_FREEDOM, np.maximum((2 - centre) / width, -10))))


def _log_prior() -> np.ndarray:
    """(offs, levels)."""
    z = np.log(_LEVELS / _USUAL_LEVEL) / _LEVEL_SPREAD
    log = -0.5 * z**2 - 0.5 * (_OFF[:, None] / SIGMAS_OFF) ** 2
    return np.asarray(log - logsumexp(log))


def _identity(calibration: Calibration) -> np.ndarray:
    """(offs, levels) what repeated observations of one reflection say of the level."""
    found = calibration.identity
    if found.pairs < ENOUGH or not np.isfinite(found.excess_sigma):
        return np.zeros((len(_OFF), len(_LEVELS)))
    x = found.excess - found.counted * _OFF
    return _about_level(x, found.share * _LEVELS, (_error(found), _REPEATS_UNEVEN, _SAMPLING / found.pairs))


def _error(found: Agreement) -> float:
    """Of an excess, by itself: what all rotations share is summed over."""
    return float(np.sqrt(found.scatter**2 + (_OFF_FINE * found.counted) ** 2 + _UNTOLD**2))


def _related(
    scores: Sequence[OperatorScore], inside: list[int], members: np.ndarray, number: dict[bytes, int]
) -> list[list[int]]:
    """The numbers of rotations outside a subgroup H, those of one double coset H W H (or its inverse) together."""
    left = [k for k in range(len(scores)) if k not in inside]
    cosets = []
    while left:
        images = np.einsum("aij,jk,bkl->abil", members, scores[left[0]].W, members).reshape(-1, 3, 3)
        keys = {W.tobytes() for W in np.ascontiguousarray(images)}
        alike = {left[0], *(number[key] for key in keys if key in number)}
        cosets.append([k for k in left if k in alike])
        left = [k for k in left if k not in alike]
    return cosets
