"""One primitive reduced basis for all experiments, so that their indices mean the same."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.change_of_basis import correlation, matched, mean_intensities, primitive_change
from gnomon.maths.crystal.lattice import niggli
from gnomon.maths.intensities.normalised import Observations
from gnomon.models.by_experiment import RowsByExperiment
from gnomon.models.crystal import Crystal, cell_from_a_matrix
from gnomon.models.experiment import Experiments

_SAME_ORIENTATION = 5.0  # degrees
_KEY = np.array([1 << 40, 1 << 20, 1])
"""An index times this is one number, of its own for indices below half a million."""


@dataclass(frozen=True)
class CellTolerance:
    """How far cells of one crystal form may lie apart: lengths (relative) and angles (degrees)."""

    length: float = 0.05
    angle: float = 2.0


def reduced_basis(crystal: Crystal) -> tuple[np.ndarray, np.ndarray]:
    """A (3, 3) of the Niggli-reduced primitive cell, and P (3, 3) that leads there."""
    primitive = primitive_change(crystal.hall_symbol)
    reduced, P = niggli(crystal.A @ np.linalg.inv(primitive).T)
    return reduced, primitive @ P


def common_basis(
    experiments: Experiments, obs: Observations, tolerance: CellTolerance
) -> tuple[list[np.ndarray], np.ndarray]:
    """P (3, 3) of each experiment to the common primitive basis, and A (3, 3) there with the mean cell.

    The first experiment sets the basis. Another may reach it in several ways that the metric cannot tell apart: the
    one that puts the crystal in the first one's orientation is taken (sweeps of one crystal), and where no
    orientation fits, the one whose intensities agree best with those before.
    Raises InputError where a cell is unlike the first.
    """
    reference, first = reduced_basis(experiments[0].needed_crystal)
    changes, known = [first], _Known(obs)
    for i in range(1, len(experiments)):
        reduced, P = reduced_basis(experiments[i].needed_crystal)
        ways = similar_bases(reduced, reference, tolerance)
        if not len(ways):
            cells = [", ".join(f"{x:.2f}" for x in cell_from_a_matrix(A)) for A in (reduced, reference)]
            raise InputError(
                f"experiment {i} has the reduced cell {cells[0]}, the first {cells[1]}: they are not one crystal form; "
                "leave it out, or raise relative_length_tolerance"
            )
        angles = np.array([_turn(reduced @ np.linalg.inv(W).T, reference) for W in ways])
        best = int(angles.argmin())
        if angles[best] > _SAME_ORIENTATION and len(ways) > 1:
            best = known.best_agreement(changes, [P @ W for W in ways])
        changes.append(P @ ways[best])
    metric = np.mean([_metric(e.needed_crystal.A @ np.linalg.inv(P).T) for e, P in zip(experiments, changes)], axis=0)
    return changes, np.linalg.inv(np.linalg.cholesky(metric))


def _metric(A: np.ndarray) -> np.ndarray:
    real = np.linalg.inv(A)
    return np.asarray(real @ real.T)


def similar_bases(A: np.ndarray, reference: np.ndarray, tolerance: CellTolerance) -> np.ndarray:
    """W (n, 3, 3) int, determinant 1, that give the basis of A the cell of ``reference`` within the tolerances."""
    W, back = _small_changes()
    cells = cell_from_a_matrix(A @ back)
    off = np.abs(cells - cell_from_a_matrix(reference))
    length = (off[:, :3] / cell_from_a_matrix(reference)[:3]).max(axis=1) < tolerance.length
    alike = np.flatnonzero(length & (off[:, 3:].max(axis=1) < tolerance.angle))
    size = np.abs(W[alike] - np.eye(3)).sum(axis=(1, 2))
    return W[alike[np.argsort(size, kind="stable")]]


@cache
def _small_changes() -> tuple[np.ndarray, np.ndarray]:
    """W (n, 3, 3) of elements -1, 0 and 1 with determinant 1, and the transpose of the inverse of each."""
    W = np.indices((3,) * 9).reshape(9, -1).T.reshape(-1, 3, 3) - 1
    W = W[np.rint(np.linalg.det(W)) == 1]
    return W, np.linalg.inv(W).swapaxes(1, 2)


def _turn(A: np.ndarray, reference: np.ndarray) -> float:
    """The rotation (degrees) that best takes one basis to the other."""
    u, _, vt = np.linalg.svd(A @ np.linalg.inv(reference))
    return float(np.rad2deg(np.arccos(np.clip((np.trace(u @ vt) - 1) / 2, -1, 1))))


class _Known:
    """The intensities of experiments whose change of basis is known, merged one after the other as they are needed."""

    def __init__(self, obs: Observations) -> None:
        self.obs, self.rows = obs, RowsByExperiment(obs.experiment)
        self.experiments = 0
        self.hkl, self.total = np.zeros((0, 3), int), np.zeros(0)
        self.count = np.zeros(0)

    def means(self, changes: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Indices (M, 3) in the common basis and mean E² (M,) of the experiments that ``changes`` are of."""
        for i in range(self.experiments, len(changes)):
            hkl, e2 = self._of(i, changes[i])
            every = np.concatenate([self.hkl, hkl])
            _, first, label = np.unique(every @ _KEY, return_index=True, return_inverse=True)
            self.hkl = every[first]
            self.total = np.asarray(np.bincount(label, np.concatenate([self.total, e2])), float)
            self.count = np.asarray(np.bincount(label, np.concatenate([self.count, np.ones(len(e2))])), float)
        self.experiments = len(changes)
        return self.hkl, self.total / self.count

    def best_agreement(self, changes: list[np.ndarray], ways: list[np.ndarray]) -> int:
        """Which of ``ways`` makes the intensities of the next experiment most like those of the ones before."""
        hkl, e2 = self.means(changes)
        agreement = []
        for way in ways:
            other = mean_intensities(*self._of(len(changes), way))
            a, b = matched(hkl, other[0])
            agreement.append(correlation((e2[a], other[1][b])))
        return int(np.argmax(np.nan_to_num(agreement, nan=-2.0)))

    def _of(self, i: int, change: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Indices of an experiment after a change of basis, one of each Friedel pair, and E²."""
        rows = self.rows[i]
        return _positive(np.rint(self.obs.hkl[rows] @ change).astype(int)), self.obs.e2[rows]


def _positive(hkl: np.ndarray) -> np.ndarray:
    """h or -h, whichever has its first nonzero index positive."""
    first = np.take_along_axis(hkl, (hkl != 0).argmax(axis=1)[:, None], axis=1)
    return hkl * np.where(first < 0, -1, 1)
