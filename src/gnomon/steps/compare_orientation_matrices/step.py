"""compare_orientation_matrices: the rotation R that turns one crystal into another, A2 = R A1.

A2 stands for any basis that is as good: A2 W^T for the rotations W of the point group, or every basis of the lattice
that is like the first. R is the rotation nearest to A2 A1^-1 (its polar part), so that cells that differ a little do
not turn it; of all bases the one with the smallest angle is told.
"""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.change_of_basis import change_of_basis_text
from gnomon.maths.crystal.lattice import bases_like
from gnomon.maths.crystal.symmetry import rotations
from gnomon.maths.laue_group.common_basis import reduced_basis
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.step import Result, require_crystals
from gnomon.steps.compare_orientation_matrices.params import CompareOrientationMatricesParams
from gnomon.steps.compare_orientation_matrices.summary import CompareOrientationMatricesSummary, CrystalPair


def compare_orientation_matrices(
    experiments: Experiments, reflections: Reflections, params: CompareOrientationMatricesParams
) -> Result[CompareOrientationMatricesSummary]:
    """Experiments and reflections as they are; the summary has the rotation of each pair.

    Raises InputError for fewer than two crystals, experiments without one, and with ``lattice`` for cells that differ.
    """
    require_crystals("compare_orientation_matrices", experiments)
    n = len(experiments)
    if n < 2:
        raise InputError(f"compare_orientation_matrices was given {n} crystals, needed two or more; give more files")
    wanted = combinations(range(n), 2) if params.comparison == "pairwise" else pairwise(range(n))
    hkl = np.array(params.hkl, int).reshape(-1, 3)
    pairs = [_pair(experiments, i, j, hkl, params) for i, j in wanted]
    told = tuple((int(h), int(k), int(l)) for h, k, l in hkl)
    return Result(experiments, reflections, CompareOrientationMatricesSummary(hkl=told, pairs=tuple(pairs)))


def _pair(
    experiments: Experiments, i: int, j: int, hkl: np.ndarray, params: CompareOrientationMatricesParams
) -> CrystalPair:
    one, other = experiments[i].needed_crystal, experiments[j].needed_crystal
    bases = _lattice_bases(one, other) if params.lattice else _group_bases(other, params.space_group)
    if not len(bases):
        raise InputError(
            f"the lattices of crystals {i + 1} and {j + 1} differ: {_cell(one)} and {_cell(other)}; leave one out"
        )
    turns = _nearest_rotations(bases @ np.linalg.inv(one.A))
    angles = _angles(turns)
    best = int(angles.round(6).argmin())
    A, R, angle = bases[best], turns[best], float(angles[best])
    as_indexed = float(_angles(_nearest_rotations((other.A @ np.linalg.inv(one.A))[None]))[0])
    x, y, z = _axis(R).tolist() if angle > 1e-6 else (0.0, 0.0, 0.0)
    left = np.linalg.norm(A - R @ one.A) / np.linalg.norm(A)
    change = np.linalg.inv(np.linalg.solve(other.A, A)).T
    rows = [(float(a), float(b), float(c)) for a, b, c in R]
    between = _between(hkl @ one.A.T, hkl @ A.T)
    return CrystalPair(
        i,
        j,
        change_of_basis_text(change),
        (rows[0], rows[1], rows[2]),
        angle,
        (x, y, z),
        as_indexed,
        float(left),
        between,
    )


def _cell(crystal: Crystal) -> str:
    return " ".join(f"{x:.2f}" for x in crystal.cell)


def _group_bases(crystal: Crystal, group: str | None) -> np.ndarray:
    """(n, 3, 3) A of the crystal in each basis that its symmetry makes as good; the one it has first."""
    W = rotations(group or crystal.hall_symbol)
    proper = np.unique(W * np.rint(np.linalg.det(W)).astype(int)[:, None, None], axis=0)
    first = np.argsort(~(proper == np.eye(3, dtype=int)).all(axis=(1, 2)), kind="stable")
    return np.asarray(crystal.A @ proper[first].swapaxes(1, 2))


def _lattice_bases(one: Crystal, other: Crystal) -> np.ndarray:
    """(n, 3, 3) A of each basis of the other's lattice that is like the first's, in the setting of the first."""
    reduced = reduced_basis(one)[0]
    return np.asarray(bases_like(reduced_basis(other)[0], reduced) @ np.linalg.solve(reduced, one.A))


def _nearest_rotations(M: np.ndarray) -> np.ndarray:
    """(n, 3, 3) the rotations nearest to matrices (n, 3, 3): U V^T of their singular values (Kabsch 1976, A32, 922)."""
    U, _, Vt = np.linalg.svd(M)
    U[:, :, 2] *= np.sign(np.linalg.det(U @ Vt))[:, None]
    return np.asarray(U @ Vt)


def _twice_sine(R: np.ndarray) -> np.ndarray:
    """(..., 3) the axis times twice the sine of the angle."""
    return np.stack([R[..., 2, 1] - R[..., 1, 2], R[..., 0, 2] - R[..., 2, 0], R[..., 1, 0] - R[..., 0, 1]], -1)


def _angles(R: np.ndarray) -> np.ndarray:
    """(n,) degrees, 0 to 180, of rotations (n, 3, 3)."""
    sine = np.linalg.norm(_twice_sine(R), axis=-1)
    return np.asarray(np.rad2deg(np.arctan2(sine, np.trace(R, axis1=-2, axis2=-1) - 1)))


def _axis(R: np.ndarray) -> np.ndarray:
    """(3,) the unit vector about which ``R`` (3, 3) turns; of half a turn either way along it."""
    v = _twice_sine(R)
    if np.linalg.norm(v) > 1e-6:
        return np.asarray(v / np.linalg.norm(v))
    along = (R + np.eye(3))[:, (R + np.eye(3)).diagonal().argmax()]
    return np.asarray(along / np.linalg.norm(along))


def _between(one: np.ndarray, other: np.ndarray) -> tuple[float, ...]:
    """Degrees between vectors (n, 3) and (n, 3)."""
    across = np.linalg.norm(np.cross(one, other), axis=1)
    return tuple(np.rad2deg(np.arctan2(across, (one * other).sum(axis=1))).tolist())
