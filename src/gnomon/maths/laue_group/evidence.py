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
from gnomon.maths.laue_group.pairs import SIGMAS_OFF, Agreement

_LEVELS = np.geomspace(0.0002, 0.6, 40)
_USUAL_LEVEL, _LEVEL_SPREAD = 0.004, 1.3
"""Excess of differences between equivalents whose scales were told by themselves: errors of 4 % of an intensity make
0.004, within a factor of exp(1.3); simulated sweeps lie at .0005 to .002, shared real ones at .002 to .03."""
_UNEVEN = 0.3
"""Spread of the logarithm of the excess among the symmetries of one crystal: paths through the crystal differ."""
_REPEATS_UNEVEN = 1.0  # the same of repeated observations, which may lie close together on the detector
_STEPS = np.linspace(-6, 6, 25)  # of the spread: where it is summed
_FINE = 0.15  # half a step of _STEPS, and of _LEVELS: what lies between is not missed
_EXCESSES = np.append(np.geomspace(0.0003, 1.0, 82), 0.0)
_NEAR, _NEAR_FROM, _NEAR_TO = 0.06, 0.0005, 0.5
"""How often what is no symmetry is nearly one, with an excess between these, each factor as likely: pseudo-symmetry and
twins are found in some structures of a hundred (Lebedev, Vagin & Murshudov 2006, Acta Cryst. D62, 83)."""
_AS_GOOD_AS_SYMMETRY = 0.005
"""How often what is no symmetry has no excess: perfect twins, which correlations alone do not tell."""
_UNLIKE = 0.1
"""Spread, relative to 1 - CC, of the excess of rotations that a symmetry makes alike."""
_SAMPLING = 5.0
"""Variance of an excess that n pairs find, relative, times n: <d⁴>/<d²>² - 1 of differences of Wilson's intensities."""
_FREEDOM = 4.0
"""Of Student's t for all of these: errors of errors, and what no model foresees."""
_OFF = np.linspace(-0.4, 0.4, 13)
"""By how much counting variances are wrong, all alike, relative: summed over with the spread SIGMAS_OFF."""
_UNTOLD = 0.0005
"""Of an excess: smooth errors that scales leave differ by so much from rotation to rotation (2 % of an intensity)."""
_OFF_FINE = 0.05  # what of this differs between rotations; more than half a step


def group_probabilities(
    groups: Sequence[np.ndarray], scores: Sequence[OperatorScore], calibration: Calibration
) -> np.ndarray:
    """(n,) the probability of each subgroup, given as its rotations (k, 3, 3); all as likely beforehand.

    Of a subgroup and a level, the likelihood is that of the excess of each of its rotations about the level, and of
    the others about 1 - CC for any correlation CC of 0 to 1, with a density proportional to sqrt(1 - CC²) (Evans 2011,
    eq. 6) and a share of near-symmetry; rotations that the subgroup relates have one CC. Summed over levels, and over
    how far off the counting variances are.
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
            total = total + logsumexp(without[alike].sum(axis=0) + _log_excess(), axis=-1)
        logs.append(logsumexp(total))
    probability = np.exp(np.array(logs) - max(logs))
    return np.asarray(probability / probability.sum())


def operator_odds(scores: Sequence[OperatorScore], calibration: Calibration) -> np.ndarray:
    """(m,) the probability that each rotation by itself is a symmetry, both being as likely beforehand."""
    if not scores:
        return np.zeros(0)
    with_it, without = _likelihoods(scores)
    level = _log_prior() + _identity(calibration)
    for_it = logsumexp(level + with_it, axis=(1, 2))
    against = logsumexp(level[..., None] + without + _log_excess(), axis=(1, 2, 3))
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
            with_it[k] = _about_level(x, sigma, _UNEVEN, sampled)
            own = _EXCESSES * (1 - _LEVELS[:, None])
            near = sigma**2 + (_UNEVEN * _LEVELS[:, None]) ** 2
            width = np.sqrt(near + (max(_UNLIKE, _FINE) ** 2 + sampled) * own**2)
            without[k] = _student(x[:, None, None], _LEVELS[:, None] + own, width)
    return with_it, without


def _about_level(x: np.ndarray, sigma: float, spread: float, sampled: float) -> np.ndarray:
    """(offs, levels) of x (offs,) with the error sigma, where its logarithm spreads about that of the level.

    sampled: the variance that few pairs give it, relative.
    """
    weight = (1 + _STEPS**2 / _FREEDOM) ** (-(_FREEDOM + 1) / 2)
    own = _LEVELS[:, None] * np.exp(spread * _STEPS)
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


def _log_excess() -> np.ndarray:
    """(excesses,) how often what is no symmetry has them."""
    e = _EXCESSES[:-1]
    broad = np.sqrt(np.maximum(2 * e - e**2, 0)) * e  # the density of CC, per factor of 1 - CC
    near = ((e >= _NEAR_FROM) & (e <= _NEAR_TO)).astype(float)
    part = (1 - _NEAR - _AS_GOOD_AS_SYMMETRY) * broad / broad.sum() + _NEAR * near / near.sum()
    return np.log(np.append(part, _AS_GOOD_AS_SYMMETRY))


def _identity(calibration: Calibration) -> np.ndarray:
    """(offs, levels) what repeated observations of one reflection say of the level."""
    found = calibration.identity
    if found.pairs < ENOUGH or not np.isfinite(found.excess_sigma):
        return np.zeros((len(_OFF), len(_LEVELS)))
    x = found.excess - found.counted * _OFF
    return _about_level(x, _error(found), _REPEATS_UNEVEN, _SAMPLING / found.pairs)


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
