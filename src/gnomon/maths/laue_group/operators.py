"""How likely each rotation of the lattice is a symmetry of the intensities.

Evans 2006, Acta Cryst. D62, 72; Evans 2011, Acta Cryst. D67, 282.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.maths.laue_group.pairs import Merged, partners, repeated, weighted_correlation

LEAST_SIGMA = 0.1
"""The error of a correlation never counts as less than this (Evans 2011)."""
_GROUPS, _GROUP_SIZE = 200, 50
_ENOUGH = 5.0
"""Effective pairs below which an operator says nothing."""


@dataclass(frozen=True)
class Calibration:
    """What a correlation is expected to be: with symmetry (``expected``), and its error ``factor`` / sqrt(pairs)."""

    expected: float
    factor: float
    unrelated: float
    identity: float
    identity_pairs: float


@dataclass(frozen=True, eq=False)
class OperatorScore:
    """A rotation W (with its inverse), the correlation over its pairs, and the likelihoods with and without it."""

    W: np.ndarray
    cc: float
    pairs: float
    sigma: float
    with_it: float
    without_it: float

    @property
    def probability(self) -> float:
        """Of being a symmetry, both being as likely beforehand."""
        return self.with_it / (self.with_it + self.without_it)

    @property
    def z(self) -> float:
        """The correlation over its error."""
        return self.cc / self.sigma

    @property
    def decides(self) -> bool:
        """Whether there are pairs enough to say anything."""
        return self.pairs >= _ENOUGH


def calibrate(data: Merged, observed: tuple[np.ndarray, ...], seed: int) -> Calibration:
    """Correlations to expect: of the same reflection seen twice (``observed``: hkl, E², sigma), and of random pairs.

    The expected correlation of equivalents is that of repeated observations where there are enough of them, else the
    part of the variance of E² that its errors do not make.
    """
    rng = np.random.default_rng(seed)
    n = len(data.e2)
    draws = []
    for _ in range(_GROUPS):
        i, j = rng.integers(0, n, (2, min(_GROUP_SIZE, n)))
        apart = i != j
        i, j = i[apart], j[apart]
        draws.append(weighted_correlation(data.e2[i], data.e2[j], data.sigma[i], data.sigma[j]))
    cc = np.array([c for c, _ in draws])
    factor = float(cc.std() * np.sqrt(np.mean([pairs for _, pairs in draws])))
    identity, pairs = weighted_correlation(*repeated(*observed))
    variance = float(data.e2.var())
    noise = min(float(np.median(data.sigma**2)), 0.9 * variance)
    expected = identity if pairs >= 10 * _ENOUGH else (1 - noise / variance if variance > 0 else 0.5)
    return Calibration(float(np.clip(expected, 0.3, 0.995)), max(factor, 0.3), float(cc.mean()), identity, pairs)


def _cauchy(cc: float, centre: np.ndarray | float, width: float) -> np.ndarray:
    """The Lorentz distribution of a correlation about ``centre``, cut to [-1, 1]."""
    density = 1 / (np.pi * width * (1 + ((cc - centre) / width) ** 2))
    inside = (np.arctan((1 - centre) / width) - np.arctan((-1 - centre) / width)) / np.pi
    return np.asarray(density / inside)


def likelihoods(cc: float, sigma: float, expected: float) -> tuple[float, float]:
    """Of a correlation, if the operator is a symmetry, and if it is not.

    If it is not, the true correlation m may still be anything from 0 to 1 (pseudo-symmetry), with density
    proportional to sqrt(1 - m²) (Evans 2011, eq. 6).
    """
    m = (np.arange(100) + 0.5) / 100
    prior = np.sqrt(1 - m**2)
    without = float((prior * _cauchy(cc, m, sigma)).sum() / prior.sum())
    return float(_cauchy(cc, expected, sigma)), without


def score_operators(data: Merged, rotations: np.ndarray, calibration: Calibration) -> list[OperatorScore]:
    """The score of each rotation but the identity, a rotation and its inverse together, in the given order."""
    scores, seen = [], {np.eye(3, dtype=int).tobytes()}
    for W in rotations:
        W = np.ascontiguousarray(W, dtype=int)
        if W.tobytes() in seen:
            continue
        seen |= {W.tobytes(), np.ascontiguousarray(np.rint(np.linalg.inv(W)).astype(int)).tobytes()}
        i, j = partners(data, W)
        cc, pairs = weighted_correlation(data.e2[i], data.e2[j], data.sigma[i], data.sigma[j])
        sigma = max(LEAST_SIGMA, calibration.factor / np.sqrt(max(pairs, 1.0)))
        told = likelihoods(cc, sigma, calibration.expected) if pairs >= _ENOUGH else (0.5, 0.5)
        scores.append(OperatorScore(W, cc, pairs, sigma, *told))
    return scores
