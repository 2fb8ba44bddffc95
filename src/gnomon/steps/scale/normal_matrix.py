"""The normal matrix of many sweeps, its solution, and the covariance of the parameters.

Blocks, and a coupling through the merged intensities that is never written out. The covariance is exact while
parameters are few, and from two levels when they are many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gnomon.steps.scale.model import consecutive

_GROUPS_AT_ONCE = 4096  # groups whose coupling is held at once
_MOST_STEPS = 500
_TOLERANCE = 1e-7  # of what is left of the right-hand side, in the norm of the preconditioner
Sums = tuple[np.ndarray, np.ndarray]
"""The groups that a sweep observes (m,), and the sums (m, P_s) of u^T D over its observations of each."""
_EXACT_UP_TO = 700  # parameters up to which the matrix is inverted as a whole


@dataclass(frozen=True, eq=False)
class NormalMatrix:
    """A = diag(own_s) - V^T V over sweeps s, with V (groups, P) held by sweep: sweeps share no parameters.

    A product costs as much as the groups that the sweeps observe, whatever the square of P.
    """

    slices: Sequence[slice]  # of the parameters of each sweep
    own: Sequence[np.ndarray]  # (P_s, P_s)
    coupled: Sequence[Sums]
    n_groups: int

    @property
    def size(self) -> int:
        """P."""
        return self.slices[-1].stop if self.slices else 0

    def times(self, x: np.ndarray) -> np.ndarray:
        """(P,): A x for x (P,)."""
        merged = np.zeros(self.n_groups)
        for (groups, sums), part in zip(self.coupled, self.slices):
            merged[groups] += sums @ x[part]
        parts = zip(self.own, self.coupled, self.slices)
        return np.concatenate([own @ x[part] - sums.T @ merged[groups] for own, (groups, sums), part in parts])

    @cached_property
    def blocks(self) -> list[np.ndarray]:
        """The diagonal blocks (P_s, P_s) of A."""
        return [own - sums.T @ sums for own, (_, sums) in zip(self.own, self.coupled)]

    @cached_property
    def diagonal(self) -> np.ndarray:
        """(P,) the diagonal of A."""
        return np.concatenate([np.diag(block) for block in self.blocks])

    def projected(self, bases: Sequence[np.ndarray]) -> np.ndarray:
        """T^T A T, where T consists of ``bases`` (P_s, k_s), one a sweep."""
        places = consecutive([b.shape[1] for b in bases])
        n = places[-1].stop if places else 0
        matrix = np.zeros((n, n))
        for basis, own, place in zip(bases, self.own, places):
            matrix[place, place] = basis.T @ own @ basis
        small = [(groups, sums @ basis) for (groups, sums), basis in zip(self.coupled, bases)]
        for start in range(0, self.n_groups, _GROUPS_AT_ONCE):
            v = np.zeros((min(_GROUPS_AT_ONCE, self.n_groups - start), n))
            for (groups, sums), place in zip(small, places):
                first, last = np.searchsorted(groups, (start, start + len(v)))
                v[groups[first:last] - start, place] = sums[first:last]
            matrix -= v.T @ v
        return matrix

    def dense(self) -> np.ndarray:
        """(P, P): A written out."""
        return self.projected([np.eye(len(own)) for own in self.own])


def solve(matrix: NormalMatrix, vector: np.ndarray, fixed: np.ndarray, damping: float = 0.0) -> np.ndarray:
    """(P,) x with (A + damping diag(A)) x = vector, both without what lies along ``fixed`` (k, P), orthonormal.

    Conjugate gradients, with the blocks of the sweeps inverted as preconditioner (Hestenes & Stiefel 1952, J. Res.
    Natl. Bur. Stand. 49, 409): one sweep takes one step, many that are well connected about ten.
    """
    ridge = damping * matrix.diagonal + 1e-12 * max(float(matrix.diagonal.max(initial=0.0)), 1e-300)
    inverses = [np.linalg.inv(b + np.diag(ridge[part])) for b, part in zip(matrix.blocks, matrix.slices)]

    def free(x: np.ndarray) -> np.ndarray:
        return x - fixed.T @ (fixed @ x)

    def near(x: np.ndarray) -> np.ndarray:
        return free(np.concatenate([inverse @ x[part] for inverse, part in zip(inverses, matrix.slices)]))

    x, residual = np.zeros(len(vector)), free(vector)
    towards = preconditioned = near(residual)
    size = first = float(residual @ preconditioned)
    for _ in range(_MOST_STEPS):
        if size <= _TOLERANCE**2 * first:
            break
        product = free(matrix.times(towards) + ridge * towards)
        length = size / float(towards @ product)
        x, residual = x + length * towards, residual - length * product
        preconditioned = near(residual)
        size, before = float(residual @ preconditioned), size
        towards = preconditioned + size / before * towards
    return free(x)


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
        if self.matrix.size <= _EXACT_UP_TO:
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
        if size <= _EXACT_UP_TO:
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

        Shapes of different sweeps hardly correlate, because each is measured against the mean of many; scales and B do,
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
        return consecutive([b.shape[1] for b in self.bases])

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
