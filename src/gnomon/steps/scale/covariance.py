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
        found = self._exact() if self.matrix.size <= _EXACT else self._from_two_levels()
        units = [self.unit[part] for part in self.matrix.slices]
        return [self.factor * block * np.outer(u, u) for block, u in zip(found, units)]

    @property
    def diagonal(self) -> np.ndarray:
        """(P,) the variances."""
        return np.concatenate([np.zeros(0), *(np.diag(block) for block in self.blocks)])

    def _exact(self) -> list[np.ndarray]:
        inverse = _inverse(self.matrix.dense(), self.fixed)
        return [inverse[part, part] for part in self.matrix.slices]

    def _from_two_levels(self) -> list[np.ndarray]:
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
        together = _inverse(self.matrix.projected(bases), held)
        ends = np.cumsum([b.shape[1] for b in bases])
        places = [slice(end - b.shape[1], end) for b, end in zip(bases, ends)]
        return [s + b @ together[place, place] @ b.T for s, b, place in zip(shapes, bases, places)]


def _inverse(matrix: np.ndarray, fixed: np.ndarray) -> np.ndarray:
    """The inverse (P, P) of what is free of the ``fixed`` directions (k, P)."""
    stiff = matrix + max(float(np.trace(matrix)), 1.0) * fixed.T @ fixed
    stiff[np.diag_indices(len(stiff))] += 1e-12 * float(np.diag(stiff).max(initial=0.0))
    inverse = np.linalg.inv(stiff)
    return (inverse + inverse.T) / 2
