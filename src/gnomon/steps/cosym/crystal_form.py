"""Which data sets are of one crystal form, and the change of each to one primitive basis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.data_sets.cell_outliers import cell_outliers
from gnomon.maths.laue_group.common_basis import CellTolerance, reduced_basis, similar_bases
from gnomon.models.crystal import Crystal, cell_from_a_matrix


@dataclass(frozen=True, eq=False)
class CrystalForm:
    """P (3, 3) of each data set to a primitive reduced basis, A (3, 3) there with the mean cell; reasons of others."""

    changes: dict[int, np.ndarray]
    A: np.ndarray
    excluded: dict[int, str]


def crystal_form(crystals: list[Crystal], tolerance: CellTolerance, exclude: bool) -> CrystalForm:
    """The basis of the data set of median volume, and every data set whose cell is alike.

    Which of several bases that the metric cannot tell apart is left to the intensities. Data sets with another cell
    are left out, or, without ``exclude``, an InputError.
    """
    reduced = [reduced_basis(crystal) for crystal in crystals]
    volumes = np.array([abs(np.linalg.det(A)) for A, _ in reduced])
    middle = int(np.argsort(volumes, kind="stable")[(len(volumes) - 1) // 2])
    changes, cells, excluded = {}, {}, {}
    for i, (A, P) in enumerate(reduced):
        W = _nearest_basis(A, reduced[middle][0], tolerance)
        if W is not None:
            changes[i] = P @ W
            cells[i] = np.linalg.inv(A @ np.linalg.inv(W).T)
        else:
            excluded[i] = f"reduced cell {_text(A)}, that of most {_text(reduced[middle][0])}"
    strange, why = _outliers([crystals[i] for i in cells], list(cells.values()))
    excluded |= {i: reason for i, bad, reason in zip(cells, strange, why) if bad}
    if excluded and not exclude:
        first = min(excluded)
        raise InputError(
            f"data set {first} has another cell ({excluded[first]}); leave it out, or let "
            "exclude_inconsistent_unit_cells=True do so"
        )
    kept = {i: P for i, P in changes.items() if i not in excluded}
    metric = np.mean([cells[i] @ cells[i].T for i in kept], axis=0)
    return CrystalForm(kept, np.linalg.inv(np.linalg.cholesky(metric)), excluded)


def _nearest_basis(A: np.ndarray, reference: np.ndarray, tolerance: CellTolerance) -> np.ndarray | None:
    """The smallest change W (3, 3) that gives the basis of A the cell of ``reference``; None where none does."""
    off = np.abs(cell_from_a_matrix(A) / cell_from_a_matrix(reference) - 1)
    if off.max() < 0.2 * min(tolerance.length, tolerance.angle / 90):  # as they are, without looking further
        return np.eye(3)
    ways = similar_bases(A, reference, tolerance)
    return ways[0] if len(ways) else None


def _outliers(crystals: list[Crystal], real: list[np.ndarray]) -> tuple[np.ndarray, list[str]]:
    """Cells that differ from the others' by much more than those do, and than they are uncertain."""
    cells = np.array([cell_from_a_matrix(np.linalg.inv(rows)) for rows in real])
    sd = np.zeros_like(cells)
    for i, crystal in enumerate(crystals):
        if crystal.cell_parameter_sd is not None:  # of its own basis: the worst of it stands for this one
            sd[i, :3] = cells[i, :3] * (crystal.cell_parameter_sd[:3] / crystal.cell[:3]).max()
            sd[i, 3:] = crystal.cell_parameter_sd[3:].max()
    return cell_outliers(cells, sd)


def _text(A: np.ndarray) -> str:
    return ", ".join(f"{x:.2f}" for x in cell_from_a_matrix(A))
