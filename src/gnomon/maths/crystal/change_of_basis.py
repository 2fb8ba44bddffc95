"""Changes of basis: P with (a', b', c') = (a, b, c) P, so that indices become h' = h P; their text, and their use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

import gemmi
import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.symmetry import centring_vectors, operations
from gnomon.models.by_experiment import changed_indices
from gnomon.models.reflections import Reflections


def parse_change_of_basis(text: str) -> np.ndarray:
    """P (3, 3) of new axes ("a-b,a+b,c"), new indices ("h-k,h+k,l") or new coordinates ("x,y,z") in terms of the old.

    Axes and indices transform alike, so "a-b,..." and "h-k,..." are one change; coordinates by the inverse.
    Raises InputError for text that is none of these, for axes that lie in a plane, and for left-handed ones.
    """
    try:
        op = gemmi.Op(text.replace(" ", ""))
    except (RuntimeError, ValueError) as error:
        raise InputError(f"change of basis {text!r} cannot be read; write it like b+c,a+c,a+b") from error
    matrix = np.array(op.rot) / gemmi.Op.DEN
    if abs(np.linalg.det(matrix)) < 1e-6:
        raise InputError(f"change of basis {text!r} puts the new axes in a plane; give three independent ones")
    letters = set(text.lower())
    P = np.asarray(matrix if letters & set("hkl") else matrix.T)  # gemmi keeps the terms of h, k, l in columns
    if letters & set("xyz"):
        P = np.asarray(np.linalg.inv(matrix))
    if np.linalg.det(P) < 0:
        right = change_of_basis_text(-P)
        raise InputError(
            f"change of basis {text!r} makes left-handed axes, with which I(+) and I(-) change places; "
            f"the right-handed form, of the same cell, is {right}"
        )
    return P


def change_of_basis_text(P: np.ndarray) -> str:
    """P as new axes in terms of the old: "a-b,a+b,c"."""
    op = gemmi.Op()
    op.rot = np.rint(np.asarray(P).T * gemmi.Op.DEN).astype(int).tolist()
    return str(op.triplet("a"))


def to_primitive(group: gemmi.SpaceGroup) -> np.ndarray:
    """P (3, 3) from the conventional cell of a group to a primitive one; the unit matrix where it is primitive."""
    return np.array(group.centred_to_primitive().rot) / gemmi.Op.DEN


def primitive_change(symbol: str) -> np.ndarray:
    """P (3, 3) from the cell of a space group, given by name, number or Hall symbol, to a primitive one.

    Settings in no table will do: the shortest lattice vectors (in fractions) that span a primitive cell are taken.
    """
    found = gemmi.find_spacegroup_by_ops(operations(symbol))
    if found is not None:
        return to_primitive(found)
    centring = centring_vectors(symbol)
    if len(centring) == 1:
        return np.eye(3)
    points = (centring[:, None] + np.indices((3, 3, 3)).reshape(3, -1).T - 1).reshape(-1, 3)
    points = points[np.argsort(np.linalg.norm(points, axis=1), kind="stable")][1:]
    triples = (np.column_stack(three) for three in combinations(points, 3))
    return next(P for P in triples if np.isclose(np.linalg.det(P), 1 / len(centring)))


def reindexed_table(reflections: Reflections, P: np.ndarray, rows: np.ndarray) -> tuple[Reflections, np.ndarray]:
    """The table with indices h P in ``rows`` (N,) bool, and (N,) bool: those of ``rows`` where h P is not whole."""
    hkl = reflections["miller_index"] @ np.asarray(P, float)
    whole = np.rint(hkl)
    broken = rows & (np.abs(hkl - whole) > 1e-3).any(axis=1)
    table = np.where(rows[:, None], whole.astype(np.int32), reflections["miller_index"])
    return reflections.with_columns({"miller_index": table}), broken


def reindexed_experiments(reflections: Reflections, changes: Sequence[np.ndarray]) -> Reflections:
    """The table with the indices of each experiment changed to h P with its own P (3, 3); 0 0 0 stays.

    Reflections of no experiment (id -1) stay as they are.
    """
    moved = changed_indices(reflections["miller_index"], reflections["id"], changes)
    return reflections.with_columns({"miller_index": moved})


def mean_intensities(hkl: np.ndarray, intensity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unique indices (M, 3) of the given (N, 3), in sorted order, and the mean of ``intensity`` (N,) for each."""
    unique, inverse, counts = np.unique(hkl, axis=0, return_inverse=True, return_counts=True)
    return unique, np.bincount(inverse.ravel(), intensity, minlength=len(unique)) / counts


def matched(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of two index arrays (N, 3) and (M, 3), each without repeats, that hold the same index."""
    span = 2 * int(max(np.abs(one).max(initial=0), np.abs(other).max(initial=0))) + 1
    weights = np.array([span * span, span, 1], np.int64)
    _, i, j = np.intersect1d(one @ weights, other @ weights, assume_unique=True, return_indices=True)
    return i, j


def correlation(pairs: Iterable[np.ndarray]) -> float:
    """Pearson's correlation of two arrays; nan with fewer than ten values, or where one does not vary."""
    x, y = (np.asarray(v, float) for v in pairs)
    if len(x) < 10 or x.std() == 0 or y.std() == 0:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])
