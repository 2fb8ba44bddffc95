"""The space group after a change of basis: the same group in the new axes, or one that was asked for and fits."""

from __future__ import annotations

from dataclasses import replace

import gemmi
import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.change_of_basis import change_of_basis_text
from gnomon.maths.crystal.lattice import metric_misfit
from gnomon.maths.crystal.symmetry import centring_vectors, hall_symbol, is_absent, operations, rotations, space_group
from gnomon.maths.laue_group.setting import symmetrized
from gnomon.models.crystal import Crystal

_MAX_MISFIT = 2.0
"""Degrees, as in :func:`metric_misfit`: 3.5 % of an edge, where refined cells are within a tenth of that."""
_TRIED = np.indices((13,) * 3).reshape(3, -1).T - 6
"""Indices on which reflection conditions are compared: they tell screw axes and glide planes of every group."""


def reindexed_crystal(crystal: Crystal, P: np.ndarray, asked: str | None) -> Crystal:
    """The crystal in the basis (a, b, c) P; in the space group ``asked`` (Hall symbol), else in its own, with that.

    A cell is made to obey a group that was asked for. Raises InputError where that does not fit cell or lattice, or
    where the crystal's own group has no setting in the new axes.
    """
    if asked is None:
        return crystal.reindexed(P, followed(crystal.hall_symbol, P))
    moved = crystal.reindexed(P, asked)
    _check_lattice(crystal.hall_symbol, P, asked)
    _check_cell(moved, asked)
    A, points = symmetrized(moved.A, asked), moved.A_at_scan_points
    if np.allclose(A, moved.A, rtol=0, atol=1e-12):
        return moved  # its digits are kept
    return replace(moved, A=A, A_at_scan_points=None if points is None else symmetrized(points, asked))


def _lattice_in(P: np.ndarray, symbol: str) -> np.ndarray:
    """(n, 3) lattice vectors of a group's cell in fractions of the new one: the centring, and the old axes."""
    return np.vstack([centring_vectors(symbol), np.eye(3)]) @ np.linalg.inv(P).T


def _inside(vectors: np.ndarray, centring: np.ndarray) -> bool:
    """Whether all vectors (n, 3) are lattice vectors of a cell with this centring (m, 3)."""
    off = vectors[:, None] - centring
    return bool((np.abs(off - np.rint(off)) < 1e-3).all(axis=2).any(axis=1).all())


def _check_lattice(before: str, P: np.ndarray, asked: str) -> None:
    """Raises InputError where the centring asked for is not that of the lattice.

    Axes that change the volume of a primitive cell make another lattice, which is then what was asked for.
    """
    old, new = centring_vectors(before), centring_vectors(asked)
    volume = abs(np.linalg.det(P))
    same = _inside(_lattice_in(P, before), new) and np.isclose(volume * len(old), len(new))
    chosen = len(new) == 1 and not np.isclose(volume, 1)
    if not same and not chosen:
        letter, other = (operations(symbol).find_centering() for symbol in (before, asked))
        raise InputError(
            f"the lattice is {letter} with the old axes, and {_name(asked)} is {other}: with axes "
            f"{change_of_basis_text(P)} that is another lattice, of other reflections; give change_of_basis_op= to a "
            f"cell with {other} centring, or a space group of this lattice"
        )


def _check_cell(moved: Crystal, asked: str) -> None:
    """Raises InputError where the cell is far from what the rotations of the group ask for."""
    misfit = float(metric_misfit(moved.vectors, rotations(asked)).max())
    if misfit > _MAX_MISFIT:
        cell = ", ".join(f"{x:.2f}" for x in moved.cell)
        raise InputError(
            f"{_name(asked)} does not fit the cell {cell}: it is {misfit:.1f} degrees from one that has its "
            f"rotations ({_MAX_MISFIT:g} are allowed); give change_of_basis_op= to the right axes, or another group"
        )


def _name(hall: str) -> str:
    """The name of a group, its Hall symbol where it is in no table."""
    try:
        return str(space_group(hall).xhm())
    except InputError:
        return hall.strip()


def followed(hall: str, P: np.ndarray) -> str:
    """The Hall symbol of the group in the basis (a, b, c) P: P 1 1 21 of P 1 21 1 where b became c.

    Settings in no table get the old symbol with the change behind it, as in " I 2 2 3 (y+z,x+z,x+y)".
    Raises InputError where the new axes do not have the group's rotations and lattice.
    """
    if np.allclose(P, np.eye(3)):
        return hall
    inverse = np.linalg.inv(P)
    turned = [inverse @ W @ P for W in rotations(hall)]
    found = None
    if all(np.allclose(W, np.rint(W)) for W in turned):
        keys = {np.rint(W).astype(int).tobytes() for W in turned}
        found = _tabulated(hall, P, keys) or _changed_symbol(hall, P, keys)
    if found is None:
        raise InputError(
            f"the space group {_name(hall)} is none with axes {change_of_basis_text(P)}; "
            "give the space group in the new basis, space_group="
        )
    return found


def _changed_symbol(hall: str, P: np.ndarray, turned: set[bytes]) -> str | None:
    """The old symbol with the change of basis behind it; None where that does not make this lattice."""
    base, _, change = hall.strip().partition("(")
    old = gemmi.Op(change.rstrip(") ")) if change else gemmi.Op("x,y,z")
    step = gemmi.Op()
    step.rot = np.rint(np.linalg.inv(P) * gemmi.Op.DEN).astype(int).tolist()
    symbol = f"{'' if base.startswith('-') else ' '}{base.strip()} ({(step * old).triplet()})"
    try:
        made = {W.astype(int).tobytes() for W in rotations(symbol)}
    except InputError:
        return None
    centring = centring_vectors(symbol)
    n_lattice = len(centring_vectors(hall)) * abs(np.linalg.det(P))
    fits = np.isclose(len(centring), n_lattice) and _inside(_lattice_in(P, hall), centring)
    return symbol if fits and made == turned else None


def _tabulated(hall: str, P: np.ndarray, turned: set[bytes]) -> str | None:
    """The group with these rotations, the lattice and reflection conditions of the old; first of all the old one."""
    lattice = _lattice_in(P, hall)
    n_lattice = len(centring_vectors(hall)) * abs(np.linalg.det(P))
    before = _TRIED @ np.linalg.inv(P)
    whole = (np.abs(before - np.rint(before)) < 1e-6).all(axis=1)
    absent = np.ones(len(_TRIED), bool)
    absent[whole] = is_absent(np.rint(before[whole]).astype(int), hall)
    number = gemmi.find_spacegroup_by_ops(operations(hall))
    same = (g for g in gemmi.spacegroup_table() if number is not None and g.number == number.number)
    for symbol in (hall, *(hall_symbol(g) for g in same)):
        centring = centring_vectors(symbol)
        if not np.isclose(len(centring), n_lattice) or not _inside(lattice, centring):
            continue
        if {W.astype(int).tobytes() for W in rotations(symbol)} != turned:
            continue
        if np.array_equal(is_absent(_TRIED, symbol), absent):
            return symbol
    return None
