"""The normal matrix of many sweeps: blocks, and a coupling through the merged intensities that is never written out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

_CHUNK = 4096  # groups whose coupling is held at once
_MOST_STEPS = 500
_TOLERANCE = 1e-7  # of what is left of the right-hand side, in the norm of the preconditioner

Sums = tuple[np.ndarray, np.ndarray]
"""The groups that a sweep observes (m,), and the sums (m, P_s) of u^T D over its observations of each."""


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
        ends = np.cumsum([b.shape[1] for b in bases])
        places = [slice(end - b.shape[1], end) for b, end in zip(bases, ends)]
        n = int(ends[-1]) if len(ends) else 0
        matrix = np.zeros((n, n))
        for basis, own, place in zip(bases, self.own, places):
            matrix[place, place] = basis.T @ own @ basis
        small = [(groups, sums @ basis) for (groups, sums), basis in zip(self.coupled, bases)]
        for start in range(0, self.n_groups, _CHUNK):
            v = np.zeros((min(_CHUNK, self.n_groups - start), n))
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
