"""The change of basis from merged data to a reference of the same crystal form."""

from __future__ import annotations

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.change_of_basis import change_of_basis_text, correlation
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.crystal.symmetry import rotations, space_group
from gnomon.maths.laue_group.common_basis import CellTolerance, reduced_basis, similar_bases
from gnomon.models.crystal import Crystal
from gnomon.models.free_set import FreeSet
from gnomon.models.merged import MergedData
from gnomon.steps.merge.lattice_orbits import index_keys, representatives

_CLEARLY = 0.2
"""Of a correlation: by so much must another indexing agree better with the reference to be taken for its own."""


def group_name(hall: str) -> str:
    """The name of a group, its Hall symbol where it is in no table."""
    try:
        return str(space_group(hall).xhm())
    except InputError:
        return hall.strip()


def change_to_reference(merged: MergedData, reference: FreeSet) -> tuple[np.ndarray, tuple[str, ...]]:
    """P (3, 3), h' = h P in the basis of the reference, and what to tell of it.

    The simplest that has its cell and fits its group; where the reference has intensities and another indexing agrees
    clearly better, that. Raises InputError where the reference is of another cell or group.
    """
    ways = _ways(merged, reference)
    if not ways:
        cells = [", ".join(f"{x:.2f}" for x in cell) for cell in (reference.cell, merged.cell)]
        raise InputError(
            f"{reference.name} has the cell {cells[0]}, these data {cells[1]}: its free set is of another crystal "
            "form; leave it out, or reindex the data to it"
        )
    fitting = [P for P in ways if _groups_fit(merged, reference, P)]
    if not fitting:
        raise InputError(
            f"{reference.name} is in {group_name(reference.hall_symbol)}, these data in "
            f"{group_name(merged.hall_symbol)}: neither has the symmetry of the other; give a free set of this group"
        )
    P = _best_agreement(merged, reference, fitting)
    text = change_of_basis_text(P)
    same = np.allclose(P, np.eye(3))
    return P, () if same else (f"brought over from {group_name(reference.hall_symbol)} by the change of axes {text}",)


def _ways(merged: MergedData, reference: FreeSet) -> list[np.ndarray]:
    """P (3, 3) to every basis of the lattice that has the reference's cell, the simplest first."""
    reduced, mine = reduced_basis(Crystal(b_matrix(merged.cell), merged.hall_symbol))
    target, theirs = reduced_basis(Crystal(b_matrix(reference.cell), reference.hall_symbol))
    back = np.linalg.inv(theirs)
    ways = [mine @ W @ back for W in similar_bases(reduced, target, CellTolerance())]
    return sorted(ways, key=lambda P: float(np.abs(P - np.eye(3)).sum()))


def _groups_fit(merged: MergedData, reference: FreeSet, P: np.ndarray) -> bool:
    """Whether the rotations of one are among those of the other."""
    turned = np.linalg.inv(P) @ rotations(merged.hall_symbol) @ P
    if not np.allclose(turned, np.rint(turned), atol=1e-6):
        return False
    mine = {W.tobytes() for W in np.rint(turned).astype(int)}
    theirs = {W.astype(int).tobytes() for W in rotations(reference.hall_symbol)}
    return mine <= theirs or theirs <= mine


_COMPARED = 20_000
"""Reflections that tell one indexing from another: the correlation is then known to .01."""


def _best_agreement(merged: MergedData, reference: FreeSet, ways: list[np.ndarray]) -> np.ndarray:
    """The first of the ways, or one whose intensities agree clearly better with the reference's."""
    ways = _distinct(ways, rotations(reference.hall_symbol))
    if reference.intensity is None or len(ways) == 1:
        return ways[0]
    W = rotations(reference.hall_symbol)
    there = np.isfinite(reference.intensity)
    keys, first = np.unique(index_keys(representatives(reference.hkl[there], W)), return_index=True)
    known = reference.intensity[there][first]
    rows = np.arange(0, len(merged), max(1, len(merged) // _COMPARED))
    agreement = []
    for P in ways:
        wanted = index_keys(representatives(np.rint(merged.hkl[rows] @ P), W))
        at = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
        same = keys[at] == wanted
        agreement.append(correlation((merged.mean.intensity[rows][same], known[at[same]])))
    found = np.nan_to_num(agreement, nan=-1.0)
    best = int(found.argmax())
    return ways[best] if found[best] > found[0] + _CLEARLY else ways[0]


def _distinct(ways: list[np.ndarray], W: np.ndarray) -> list[np.ndarray]:
    """The ways, the first of those that the reference's rotations (n, 3, 3) make alike."""
    seen: set[bytes] = set()
    kept = []
    for P in ways:
        alike = {np.rint(24 * P @ w).astype(int).tobytes() for w in W}
        if not alike & seen:
            seen |= alike
            kept.append(P)
    return kept
