"""Scales that equivalents tell: what a crystal's path, volume and decay do is smooth, what breaks a symmetry is not.

Differences between equivalents that a smooth function of rotation and of the way out explains are errors of scale. They
are taken out before symmetry is judged, in the largest group under which intensities are alike; pseudo-symmetry and
twins differ from one reflection to the next and stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse

from gnomon.maths.crystal.bravais import LatticeSetting
from gnomon.maths.intensities.normalised import Observations, shell_count
from gnomon.maths.laue_group.operators import OperatorScore
from gnomon.maths.laue_group.pairs import Agreement, orbit_labels
from gnomon.maths.numerics.smoother import Smoother
from gnomon.maths.numerics.spherical_harmonics import real_harmonics
from gnomon.models.by_experiment import rows_by_experiment

_ALIKE, _AT_MOST = 0.25, 0.6
"""Largest excess of rotations under which intensities are alike, and with two standard errors off it: errors of scale
make 0.15 at most, unrelated pairs 1."""
_SPACING, _DECAY_SPACING = 5.0, 15.0  # degrees between checkpoints of scale, and of its change with resolution
_PER_CHECKPOINT = 60  # observations: equivalents tell a scale several times better than intensities alone
_SURFACE_ORDER = 4
_SURFACE_LEAST = 1500  # observations of an experiment with a surface of absorption: 24 terms
_PRIOR = 0.3
"""Expected size of a change in ln I that is left, also of each term of the surface."""
_SHELL_PRIOR = 0.15
"""The same of the mean of a shell of an experiment: one over the root of the 50 reflections in it."""
_FLOOR = 0.05
"""Of an intensity: errors that no scale removes, so that strong reflections do not tell everything."""
_OUTLIER = 4.0  # standard deviations to which a residual counts
_ROUNDS = 4
_MOST_USED = 40_000


def alike_rotations(settings: Sequence[LatticeSetting], scores: Sequence[OperatorScore]) -> np.ndarray:
    """(k, 3, 3) the rotations of the largest subgroup under all of which intensities are alike; at least the identity.

    Of several as large, that whose rotations differ least.
    """
    excess = {s.W.tobytes(): _least(s.found) if s.decides else 0.0 for s in scores}
    best, size = np.eye(3, dtype=int)[None], (1, 0.0)
    for setting in settings:
        members = np.ascontiguousarray(setting.rotations, dtype=int)
        own = [excess[W.tobytes()] for W in members if W.tobytes() in excess]
        if own and max(own) < _ALIKE and (len(members), -float(np.mean(own))) > size:
            best, size = members, (len(members), -float(np.mean(own)))
    return best


def _least(found: Agreement) -> float:
    """The excess that is possible, or as it is where that is absurd."""
    return found.excess - 2 * found.scatter if found.excess < _AT_MOST else found.excess


def scales_of_equivalents(obs: Observations, hkl: np.ndarray, rotations: np.ndarray) -> np.ndarray:
    """(N,) the factor on E² of each observation, of mean logarithm zero an experiment; ones where nothing tells it.

    hkl: (N, 3) indices in the common basis; rotations: (k, 3, 3) that make equivalents, as does -1. Of each experiment
    ln g = k(phi) + b(phi) s² + the surface of absorption about s1, by Gauss-Newton on w (E² - g <E²/g>)² with the mean
    of equivalents eliminated (Hamilton, Rollett & Sparks 1965), experiments in turn.
    """
    factor = np.ones(len(obs.e2))
    if obs.phi is None:
        return factor
    label = orbit_labels(hkl, rotations)
    data = _Data(obs.e2, obs.e2_noise, label, _used(label))
    each = rows_by_experiment(obs.experiment)
    designs = [(rows, _design(obs, rows, len(each) > 1)) for _, rows in each]
    for _ in range(_ROUNDS):
        means = _means(data, factor)
        for rows, design in designs:
            if design is not None:
                factor[rows] *= _step(data.at(rows), factor[rows], means, design)
    return factor


class _Data(NamedTuple):
    """Of observations (N,): E², its variance by counting, the number of their reflection, and which are used."""

    e2: np.ndarray
    noise: np.ndarray
    label: np.ndarray
    used: np.ndarray

    def at(self, rows: np.ndarray | slice) -> _Data:
        """The observations in some rows."""
        return _Data(*(values[rows] for values in self))


def _used(label: np.ndarray) -> np.ndarray:
    """(N,) bool: observations with an equivalent, of every so manieth reflection where there are too many."""
    several = np.bincount(label)[label] > 1
    stride = max(1, int(several.sum()) // _MOST_USED)
    return np.asarray(several & (label % stride == 0))


def _design(obs: Observations, rows: np.ndarray | slice, several: bool) -> np.ndarray | None:
    """(n, p) the derivatives of ln g of an experiment's observations, mean taken off; None where nothing tells them.

    several: other experiments fall off by means of their own, so that shells differ by what is in them by chance.
    """
    assert obs.phi is not None
    phi, s2 = obs.phi[rows], 1 / obs.d[rows] ** 2
    if not len(phi):
        return None
    s2 = s2 / s2.max()
    if np.isnan(phi).any() or np.ptp(phi) == 0:
        parts = [np.ones((len(phi), 1)), s2[:, None]]
    else:
        start, end, least = float(phi.min()), float(phi.max()), float(np.ptp(phi)) * _PER_CHECKPOINT / len(phi)
        scale, decay = (Smoother.over(start, end, max(step, least)) for step in (_SPACING, _DECAY_SPACING))
        parts = [scale.design(phi), decay.design(phi) * s2[:, None]]
        if obs.s1 is not None and len(phi) > _SURFACE_LEAST and np.isfinite(obs.s1[rows]).all():
            parts.append(real_harmonics(obs.s1[rows], _SURFACE_ORDER))
    if several:
        parts.append(_SHELL_PRIOR / _PRIOR * _shells(s2))
    return np.hstack(parts)


def _shells(s2: np.ndarray) -> np.ndarray:
    """(n, k) functions of resolution that sum to one: each falls in a line from its shell's centre to the next."""
    shells = np.array_split(np.sort(s2), shell_count(len(s2)))
    centre = np.array([own.mean() for own in shells])
    return np.column_stack([np.interp(s2, centre, one) for one in np.eye(len(centre))])


def _means(data: _Data, factor: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(M,) the mean of E² over its factor of each reflection, and the sum of weights; of the observations used."""
    label, used, m = data.label, data.used, int(data.label.max()) + 1
    rough = np.bincount(label[used], data.e2[used] / factor[used], m) / np.maximum(np.bincount(label[used], None, m), 1)
    weight = used / (data.noise + (_FLOOR * factor * np.abs(rough[label])) ** 2)
    total = np.bincount(label, weight * factor**2, m)
    return np.bincount(label, weight * factor * data.e2, m) / np.maximum(total, 1e-30), total


def _step(data: _Data, factor: np.ndarray, means: tuple[np.ndarray, np.ndarray], design: np.ndarray) -> np.ndarray:
    """(n,) by what to multiply the factors of an experiment."""
    (mean, total), used, whole = means, data.used, design
    n = int(used.sum())
    if n < 2:
        return np.ones(len(design))
    e2, noise, label, _ = data.at(used)
    factor, design = factor[used], design[used]
    unique, at = np.unique(label, return_inverse=True)
    expected = factor * mean[label]
    sigma = np.sqrt(noise + (_FLOOR * expected) ** 2)
    off = np.clip((e2 - expected) / sigma, -_OUTLIER, _OUTLIER)
    slope = sparse.csr_array((expected / sigma, (np.arange(n), np.arange(n)))) @ design
    share = sparse.csr_array((factor / sigma / total[label], (at, np.arange(n))), shape=(len(unique), n))
    own = share @ slope  # how the mean moves with each parameter, of the part that this experiment has in it
    slope = slope - (factor / sigma)[:, None] * own[at]
    change = np.linalg.solve(slope.T @ slope + np.eye(design.shape[1]) / _PRIOR**2, slope.T @ off)
    logarithm = whole @ change
    return np.asarray(np.exp(np.clip(logarithm - logarithm.mean(), -1, 1)))
