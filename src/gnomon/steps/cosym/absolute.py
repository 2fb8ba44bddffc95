"""The setting of a reference: which of the lattice's rotations makes data most like it."""

from __future__ import annotations

from dataclasses import dataclass

import gemmi
import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.change_of_basis import correlation, matched, mean_intensities
from gnomon.maths.crystal.lattice import b_matrix, d_spacing
from gnomon.maths.crystal.symmetry import rotations, space_group, to_asu
from gnomon.maths.intensities.normalised import Observations, expected_intensity
from gnomon.maths.laue_group.absences import candidates
from gnomon.maths.laue_group.common_basis import CellTolerance, reduced_basis, similar_bases
from gnomon.models.crystal import Crystal
from gnomon.models.reference import Reference


@dataclass(frozen=True, eq=False)
class Absolute:
    """P (3, 3) from the common basis to the reference's cell, the rotations and centring there, and the agreement."""

    P: np.ndarray
    lattice: str
    cc: float
    next_cc: float  # of the best other setting; nan where there is none


def absolute_setting(
    obs: Observations, hkl: np.ndarray, form: tuple[np.ndarray, np.ndarray], reference: Reference
) -> Absolute:
    """The change to the reference's cell after which intensities correlate best with it.

    hkl: (N, 3) indices of ``obs`` in the common primitive basis; form: A (3, 3) there, and the rotations (m, 3, 3) of
    the data's Laue group, which are to be those of the reference.
    Raises InputError where cell or symmetry are unlike, or too few reflections are common.
    """
    A, members = form
    lattice = candidates(space_group(reference.hall_symbol), False)[0]
    ways = _ways(A, members, reference, lattice)
    known = _normalised(reference)
    agreement = np.nan_to_num([_agreement(known, hkl @ P, obs.e2, lattice) for P in ways], nan=-2.0)
    best = int(agreement.argmax())
    if agreement[best] <= -2:
        raise InputError("the reference and the data have too few reflections in common; give another reference")
    others = agreement[agreement < agreement[best] - 1e-6]  # equivalent settings agree alike
    return Absolute(ways[best], lattice.xhm(), float(agreement[best]), float(others.max()) if len(others) else np.nan)


def _ways(A: np.ndarray, members: np.ndarray, reference: Reference, lattice: gemmi.SpaceGroup) -> list[np.ndarray]:
    """P (3, 3) from the common basis to the cell of the reference that turn the data's rotations into its own."""
    basis, to_reduced = reduced_basis(Crystal(b_matrix(reference.cell), reference.hall_symbol))
    back = np.linalg.inv(to_reduced)
    cells_fit = [W @ back for W in similar_bases(A, basis, CellTolerance())]
    wanted = {W.tobytes() for W in rotations(lattice)}
    ways = [
        P for P in cells_fit if {np.rint(np.linalg.inv(P) @ W @ P).astype(int).tobytes() for W in members} == wanted
    ]
    if not ways:
        cell = ", ".join(f"{x:.2f}" for x in reference.cell)
        what = "symmetry" if cells_fit else "cell"
        raise InputError(
            f"the reference ({lattice.xhm()}, cell {cell}) has not the {what} of the data; give another reference"
        )
    return ways


def _normalised(reference: Reference) -> tuple[np.ndarray, np.ndarray]:
    """Indices (M, 3) and E² (M,) of the reference."""
    expected = expected_intensity(d_spacing(reference.hkl, reference.cell), reference.intensity)
    return mean_intensities(reference.hkl, reference.intensity / expected)


def _agreement(
    known: tuple[np.ndarray, np.ndarray], hkl: np.ndarray, e2: np.ndarray, lattice: gemmi.SpaceGroup
) -> float:
    """The correlation of E² with the reference's, both merged."""
    asu, _ = to_asu(np.rint(hkl).astype(np.int32), lattice)
    mine, mean = mean_intensities(asu, e2)
    i, j = matched(known[0], mine)
    return correlation((known[1][i], mean[j]))
