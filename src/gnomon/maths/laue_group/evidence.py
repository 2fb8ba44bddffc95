"""How probable subgroups of the lattice's symmetry are, given how intensities agree under each of its rotations.

A symmetry leaves the differences that measurement makes, one level for all symmetries of a crystal; what is not one
leaves more: pseudo-symmetry and twinning too, however high their correlation. After Evans 2011, Acta Cryst. D67, 282,
with that level in place of a fixed error of 0.1 of correlations.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import logsumexp, stdtr

from gnomon.maths.laue_group.operators import ENOUGH, Calibration, OperatorScore, inverse

_LEVELS = np.geomspace(0.002, 0.6, 30)
_USUAL_LEVEL, _LEVEL_SPREAD = 0.02, 1.2
"""Excess of differences between equivalents that are not scaled: 10 % of an intensity makes 0.02, within a factor of
exp(1.2); shared sweeps of insulin, L-cysteine and nuclease lie between .003 and .06."""
_UNEVEN = 0.5
"""Spread of the excess among the symmetries of one crystal, relative: paths through the crystal differ."""
_REPEATS_UNEVEN = 1.0  # the same of repeated observations, which may lie close together on the detector
_CORRELATIONS = np.append((np.arange(60) + 0.5) / 60, 0.9995)
_AS_GOOD_AS_SYMMETRY = 0.005
"""How often what is no symmetry has the last of these: nearly perfect twins are one structure in a hundred or two
(Lebedev, Vagin & Murshudov 2006, Acta Cryst. D62, 83), and correlations alone do not tell them."""
_UNLIKE = 0.1
"""Spread, relative to 1 - CC, of the excess of rotations that a symmetry makes alike."""
_FREEDOM = 4.0
"""Of Student's t for all of these: errors of errors, and what no model foresees."""


def group_probabilities(
    groups: Sequence[np.ndarray], scores: Sequence[OperatorScore], calibration: Calibration
) -> np.ndarray:
    """(n,) the probability of each subgroup, given as its rotations (k, 3, 3); all as likely beforehand.

    Of a subgroup and a level, the likelihood is that of the excess of each of its rotations about the level, and of
    the others about 1 - CC for any correlation CC of 0 to 1 with density proportional to sqrt(1 - CC²) (Evans 2011,
    eq. 6), rotations that the subgroup relates having one CC. Summed over levels.
    """
    with_it, without = _likelihoods(scores)
    level = _log_prior() + _identity(calibration)
    number = {key: k for k, s in enumerate(scores) for key in (s.W.tobytes(), inverse(s.W).tobytes())}
    logs = []
    for rotations in groups:
        members = np.ascontiguousarray(rotations, dtype=int)
        inside = sorted({number[W.tobytes()] for W in members if W.tobytes() in number})
        total = level + with_it[inside].sum(axis=0)
        for alike in _related(scores, inside, members, number):
            total = total + logsumexp(without[alike].sum(axis=0) + _log_correlation(), axis=1)
        logs.append(logsumexp(total))
    probability = np.exp(np.array(logs) - max(logs))
    return np.asarray(probability / probability.sum())


def operator_odds(scores: Sequence[OperatorScore], calibration: Calibration) -> np.ndarray:
    """(m,) the probability that each rotation by itself is a symmetry, both being as likely beforehand."""
    with_it, without = _likelihoods(scores)
    level = _log_prior() + _identity(calibration)
    for_it = logsumexp(level + with_it, axis=1)
    against = logsumexp(level + logsumexp(without + _log_correlation(), axis=2), axis=1)
    return np.asarray(1 / (1 + np.exp(np.clip(against - for_it, -700, 700))))


def _likelihoods(scores: Sequence[OperatorScore]) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms (m, levels) with each rotation as a symmetry, and (m, levels, correlations) without; 0 if silent."""
    with_it = np.zeros((len(scores), len(_LEVELS)))
    without = np.zeros((*with_it.shape, len(_CORRELATIONS)))
    for k, score in enumerate(scores):
        if score.decides:
            excess, sigma = score.found.excess, score.found.excess_sigma
            with_it[k] = _student(excess, _LEVELS, np.hypot(sigma, _UNEVEN * _LEVELS))
            centre = 1 - _CORRELATIONS * (1 - _LEVELS[:, None])
            width = np.sqrt(sigma**2 + (_UNEVEN * _LEVELS[:, None]) ** 2 + (_UNLIKE * (1 - _CORRELATIONS)) ** 2)
            without[k] = _student(excess, centre, width)
    return with_it, without


def _student(x: float, centre: np.ndarray, width: np.ndarray) -> np.ndarray:
    """The logarithm of Student's t density, cut to where an excess can lie, below 2."""
    z = (x - centre) / width
    log = -(_FREEDOM + 1) / 2 * np.log1p(z**2 / _FREEDOM) - np.log(width)
    return np.asarray(log - np.log(stdtr(_FREEDOM, (2 - centre) / width)))


def _log_prior() -> np.ndarray:
    z = np.log(_LEVELS / _USUAL_LEVEL) / _LEVEL_SPREAD
    return np.asarray(-0.5 * z**2 - logsumexp(-0.5 * z**2))


def _log_correlation() -> np.ndarray:
    density = np.sqrt(1 - _CORRELATIONS[:-1] ** 2)
    part = (1 - _AS_GOOD_AS_SYMMETRY) * density / density.sum()
    return np.log(np.append(part, _AS_GOOD_AS_SYMMETRY))


def _identity(calibration: Calibration) -> np.ndarray:
    """(levels,) what repeated observations of one reflection say of the level."""
    found = calibration.identity
    if found.pairs < ENOUGH or not np.isfinite(found.excess_sigma):
        return np.zeros(len(_LEVELS))
    return _student(found.excess, _LEVELS, np.hypot(found.excess_sigma, _REPEATS_UNEVEN * _LEVELS))


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
