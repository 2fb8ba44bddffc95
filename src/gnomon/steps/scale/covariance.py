"""The covariance of the parameters: exact while they are few, from two levels when they are many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gnomon.steps.scale.normal_matrix import NormalMatrix, solve

_EXACT = 700  # parameters up to which the matrix is inverted as a whole


@dataclass(frozen=True, eq=False)
class Covariance:
    """factor U A^+ U, where A^+ is the inverse without the ``fixed`` directions (k, P) and U = diag(unit).

    common: for each sweep the directions (P_s, m) in which it moves as a whole (its scale, its B).
    """

    matrix: NormalMatrix
    fixed: np.ndarray
    common: Sequence[np.ndarray]
    factor: float
    unit: np.ndarray

    def times(self, x: np.ndarray) -> np.ndarray:
        """(P, k): the covariance times x (P, k)."""
        columns = [self.unit * solve(self.matrix, self.unit * column, self.fixed) for column in x.T]
        return self.factor * np.column_stack(columns)

    @cached_property
    def blocks(self) -> list[np.ndarray]:
        """The covariance (P_s, P_s) of the parameters of each sweep."""
        if self.matrix.size <= _EXACT:
            found = [self._whole[part, part] for part in self.matrix.slices]
        else:
            found = self._levels.blocks
        units = [self.unit[part] for part in self.matrix.slices]
        return [self.factor * block * np.outer(u, u) for block, u in zip(found, units)]

    def draws(self, n: int, seed: int) -> np.ndarray:
        """(P, n) errors of the parameters whose products x x^T have the covariance as their mean.

        Random signs along the principal axes; where these are no more than n, each axis once, and the mean is exact.
        """
        rng, size = np.random.default_rng(seed), self.matrix.size
        if size <= _EXACT:
            found = _root(self._whole) @ (np.eye(size, n) * np.sqrt(n) if size <= n else _signs(rng, size, n))
        else:
            found = self._levels.draws(n, rng)
        return np.asarray(np.sqrt(self.factor) * self.unit[:, None] * found)

    @property
    def diagonal(self) -> np.ndarray:
        """(P,) the variances."""
        return np.concatenate([np.zeros(0), *(np.diag(block) for block in self.blocks)])

    @cached_property
    def _whole(self) -> np.ndarray:
        """(P, P) A^+ written out."""
        return _inverse(self.matrix.dense(), self.fixed)

    @cached_property
    def _levels(self) -> _Levels:
        """Each sweep's shape with the others held, and all sweeps' ``common`` directions together.

        Shapes of different sweeps hardly correlate, because each is told against the mean of many; scales and B do,
        along weak connections. With N orthogonal to the common directions E of a sweep, T = E - N (N^T A N)^-1 N^T A E
        are those directions with its shape adapted, and the covariance N (N^T A N)^-1 N^T + T (T^T A T)^-1 T^T.
        """
        shapes, bases = [], []
        for block, common in zip(self.matrix.blocks, self.common):
            rest = np.linalg.qr(common, mode="complete")[0][:, common.shape[1] :]
            inner = rest @ _inverse(rest.T @ block @ rest, np.zeros((0, rest.shape[1]))) @ rest.T
            shapes.append(inner)
            bases.append(common - inner @ (block @ common))
        held = np.hstack([self.fixed[:, part] @ c for part, c in zip(self.matrix.slices, self.common)])
        return _Levels(shapes, bases, _inverse(self.matrix.projected(bases), held))


@dataclass(frozen=True, eq=False)
class _Levels:
    """The covariance of sweep s is shapes[s], and what ``together`` (k, k) adds along its bases[s] (P_s, k_s)."""

    shapes: Sequence[np.ndarray]  # (P_s, P_s)
    bases: Sequence[np.ndarray]
    together: np.ndarray

    @property
    def places(self) -> list[slice]:
        """Where each sweep's bases lie in ``together``."""
        ends = np.cumsum([b.shape[1] for b in self.bases])
        return [slice(end - b.shape[1], end) for b, end in zip(self.bases, ends)]

    @property
    def blocks(self) -> list[np.ndarray]:
        """(P_s, P_s) of each sweep."""
        parts = zip(self.shapes, self.bases, self.places)
        return [s + b @ self.together[place, place] @ b.T for s, b, place in parts]

    def draws(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """(P, n) errors whose products have this covariance as their mean."""
        common = _root(self.together) @ _signs(rng, len(self.together), n)
        parts = zip(self.shapes, self.bases, self.places)
        return np.vstack([_root(s) @ _signs(rng, len(s), n) + b @ common[place] for s, b, place in parts])


def _root(matrix: np.ndarray) -> np.ndarray:
    """R (P, P) with R R^T = ``matrix``, which is symmetric and has no negative eigenvalues but by rounding."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def _signs(rng: np.random.Generator, size: int, n: int) -> np.ndarray:
    """(size, n) random signs, whose products have the unit matrix as their mean."""
    return rng.choice([-1.0, 1.0], (size, n))


def _inverse(matrix: np.ndarray, fixed: np.ndarray) -> np.ndarray:
    """The inverse (P, P) of what is free of the ``fixed`` directions (k, P)."""
    stiff = matrix + max(float(np.trace(matrix)), 1.0) * fixed.T @ fixed
    stiff[np.diag_indices(len(stiff))] += 1e-12 * float(np.diag(stiff).max(initial=0.0))
    inverse = np.linalg.inv(stiff)
    return (inverse + inverse.T) / 2
