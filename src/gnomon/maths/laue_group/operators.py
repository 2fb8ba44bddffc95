"""How well intensities agree under each rotation of the lattice, and how well they may be expected to.

Evans 2006, Acta Cryst. D62, 72; Evans 2011, Acta Cryst. D67, 282.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gnomon.maths.laue_group.pairs import Agreement, Merged, agreement, partners, repeated

LEAST_SIGMA = 0.1
"""The error of a correlation never counts as less than this where correlations are compared (Evans 2011)."""
_GROUPS, _GROUP_SIZE = 200, 50
ENOUGH = 5.0
"""Effective pairs below which an operator says nothing."""


@dataclass(frozen=True)
class Calibration:
    """What a correlation is expected to be: with symmetry (``expected``), and its error ``factor`` / sqrt(pairs).

    ``identity``: how observations of the same reflection agree.
    """

    expected: float
    factor: float
    identity: Agreement


@dataclass(frozen=True, eq=False)
class OperatorScore:
    """A rotation W (with its inverse), how its pairs agree, and the error of a correlation of so many."""

    W: np.ndarray
    found: Agreement
    sigma: float

    @property
    def z(self) -> float:
        """The correlation over its error."""
        return self.found.cc / self.sigma

    @property
    def decides(self) -> bool:
        """Whether there are pairs enough to say anything."""
        return self.found.pairs >= ENOUGH and np.isfinite(self.found.excess_sigma)


def calibrate(data: Merged, observed: Merged, seed: int) -> Calibration:
    """Correlations to expect: of the same reflection seen twice, and of random pairs.

    observed: each observation as a reflection of its own. The expected correlation of equivalents is that of repeated
    observations where there are enough of them, else the part of the variance of E² that its errors do not make.
    """
    rng = np.random.default_rng(seed)
    n = len(data.e2)
    draws = []
    for _ in range(_GROUPS):
        i, j = rng.integers(0, n, (2, min(_GROUP_SIZE, n)))
        draws.append(of_pairs(data, i[i != j], j[i != j]))
    factor = float(np.std([d.cc for d in draws]) * np.sqrt(np.mean([d.pairs for d in draws])))
    identity = of_pairs(observed, *repeated(observed.hkl))
    variance = float(data.e2.var())
    noise = min(float(np.median(data.sigma**2)), 0.9 * variance)
    expected = identity.cc if identity.pairs >= 10 * ENOUGH else (1 - noise / variance if variance > 0 else 0.5)
    return Calibration(float(np.clip(expected, 0.3, 0.995)), max(factor, 0.3), identity)


def of_pairs(data: Merged, i: np.ndarray, j: np.ndarray) -> Agreement:
    """The agreement of reflections in rows i with those in rows j."""
    found = agreement(data.e2[i], data.e2[j], (data.sigma[i], data.sigma[j]), (data.noise[i], data.noise[j]))
    return replace(found, share=float((data.share[i] + data.share[j]).mean() / 2)) if len(i) else found


def score_operators(data: Merged, rotations: np.ndarray, calibration: Calibration) -> list[OperatorScore]:
    """The score of each rotation but the identity, a rotation and its inverse together, in the given order."""
    scores, seen = [], {np.eye(3, dtype=int).tobytes()}
    for W in rotations:
        W = np.ascontiguousarray(W, dtype=int)
        if W.tobytes() in seen:
            continue
        seen |= {W.tobytes(), inverse(W).tobytes()}
        found = of_pairs(data, *partners(data, W))
        sigma = max(LEAST_SIGMA, calibration.factor / np.sqrt(max(found.pairs, 1.0)))
        scores.append(OperatorScore(W, found, sigma))
    return scores


def inverse(W: np.ndarray) -> np.ndarray:
    """(3, 3) int of a rotation's inverse."""
    return np.ascontiguousarray(np.rint(np.linalg.inv(W)).astype(int))
