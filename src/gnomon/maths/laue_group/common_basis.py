"""One primitive reduced basis for all experiments, so that their indices mean the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.change_of_basis import correlation, matched, mean_intensities, primitive_change
from gnomon.maths.lattice import niggli
from gnomon.maths.normalised import Observations
from gnomon.models.crystal import Crystal, cell_from_a_matrix
from gnomon.models.experiment import Experiments

_SAME_ORIENTATION = 5.0  # degrees


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
    changes = [first]
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
            best = _best_agreement(obs, i, changes, [P @ W for W in ways])
        changes.append(P @ ways[best])
    metric = np.mean([_metric(e.needed_crystal.A @ np.linalg.inv(P).T) for e, P in zip(experiments, changes)], axis=0)
    return changes, np.linalg.inv(np.linalg.cholesky(metric))


def _metric(A: np.ndarray) -> np.ndarray:
    real = np.linalg.inv(A)
    return np.asarray(real @ real.T)


def similar_bases(A: np.ndarray, reference: np.ndarray, tolerance: CellTolerance) -> np.ndarray:
    """W (n, 3, 3) int, determinant 1, that give the basis of A the cell of ``reference`` within the tolerances."""
    W = np.indices((3,) * 9).reshape(9, -1).T.reshape(-1, 3, 3) - 1
    W = W[np.rint(np.linalg.det(W)) == 1]
    cells = cell_from_a_matrix(A @ np.linalg.inv(W).swapaxes(1, 2))
    off = np.abs(cells - cell_from_a_matrix(reference))
    length = (off[:, :3] / cell_from_a_matrix(reference)[:3]).max(axis=1) < tolerance.length
    alike = np.flatnonzero(length & (off[:, 3:].max(axis=1) < tolerance.angle))
    size = np.abs(W[alike] - np.eye(3)).sum(axis=(1, 2))
    return W[alike[np.argsort(size, kind="stable")]]


def _turn(A: np.ndarray, reference: np.ndarray) -> float:
    """The rotation (degrees) that best takes one basis to the other."""
    u, _, vt = np.linalg.svd(A @ np.linalg.inv(reference))
    return float(np.rad2deg(np.arccos(np.clip((np.trace(u @ vt) - 1) / 2, -1, 1))))


def _best_agreement(obs: Observations, i: int, changes: list[np.ndarray], ways: list[np.ndarray]) -> int:
    """Which of ``ways`` makes the intensities of experiment i most like those of the experiments before."""
    before = obs.experiment < i
    P = np.array([*changes, *[np.eye(3)] * (int(obs.experiment.max()) + 1 - len(changes))])
    known = np.einsum("ni,nij->nj", obs.hkl[before], P[obs.experiment[before]])
    hkl, e2 = mean_intensities(_positive(np.rint(known).astype(int)), obs.e2[before])
    mine = obs.experiment == i
    agreement = []
    for way in ways:
        other = mean_intensities(_positive(np.rint(obs.hkl[mine] @ way).astype(int)), obs.e2[mine])
        a, b = matched(hkl, other[0])
        agreement.append(correlation((e2[a], other[1][b])))
    return int(np.argmax(np.nan_to_num(agreement, nan=-2.0)))


def _positive(hkl: np.ndarray) -> np.ndarray:
    """h or -h, whichever has its first nonzero index positive."""
    first = np.take_along_axis(hkl, (hkl != 0).argmax(axis=1)[:, None], axis=1)
    return hkl * np.where(first < 0, -1, 1)
