"""The lattices compatible with a metric: subgroups of its symmetry, each with its conventional setting."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations, combinations_with_replacement, product

import gemmi
import numpy as np

from gnomon.maths.crystal.lattice import lattice_symmetry, niggli
from gnomon.maths.crystal.symmetry import rotations

IDENTITY = np.eye(3, dtype=int)


@dataclass(frozen=True, eq=False)
class LatticeSetting:
    """A subgroup of the metric symmetry in its conventional setting.

    (a', b', c') = (a, b, c) P, so indices become h' = h @ P; ``group`` has rotations and centring only
    (P 4 2 2, C 2, ...); ``rotations`` (n, 3, 3) are in the given basis, x' = W x.
    """

    P: np.ndarray
    group: gemmi.SpaceGroup
    rotations: np.ndarray
    misfit: float  # degrees: the worst of its operations

    @property
    def bravais_type(self) -> str:
        """Pearson's symbol: aP, mC, oI, tP, hR, cF..."""
        family = {"triclinic": "a", "monoclinic": "m", "orthorhombic": "o", "tetragonal": "t", "cubic": "c"}
        centring = self.group.centring_type()
        letter = family.get(self.group.crystal_system_str(), "h")
        return letter + ("C" if centring in "AB" else centring)


def _key(W: np.ndarray) -> tuple[int, ...]:
    return tuple(int(x) for x in W.ravel())


def generated_group(generators: list[np.ndarray], limit: int = 24) -> dict[tuple[int, ...], np.ndarray] | None:
    """The group made by ``generators`` (3, 3) int, by key; None when it grows beyond ``limit`` operations."""
    group = {_key(IDENTITY): IDENTITY}
    new = list(group.values())
    while new:
        found = {}
        for W in new:
            for g in generators:
                product = W @ g
                if _key(product) not in group:
                    found[_key(product)] = product
        if len(group) + len(found) > limit or any(np.abs(W).max() > 9 for W in found.values()):
            return None
        group |= found
        new = list(found.values())
    return group


def _subgroups(W: np.ndarray, misfit: np.ndarray) -> list[tuple[np.ndarray, float]]:
    """(rotations, worst misfit) of every point group within ``W``; two generators reach each of them."""
    known = {_key(w): float(m) for w, m in zip(W, misfit)}
    found: dict[frozenset[tuple[int, ...]], tuple[np.ndarray, float]] = {}
    for i, j in combinations_with_replacement(range(len(W)), 2):
        group = generated_group([W[i], W[j]])
        if group is None or any(key not in known for key in group):
            continue
        members = frozenset(group)
        if members not in found:
            found[members] = (np.array([group[k] for k in sorted(group)]), max(known[k] for k in group))
    return sorted(found.values(), key=lambda item: (-len(item[0]), item[1]))


def _order(W: np.ndarray) -> int:
    return {3: 1, -1: 2, 0: 3, 1: 4, 2: 6}[int(np.trace(W))]


def _short_vectors(real_space: np.ndarray, reach: int = 3) -> np.ndarray:
    """(n, 3) int lattice vectors by length; of v and -v the first nonzero component is positive; multiples left out."""
    v = np.indices((2 * reach + 1,) * 3).reshape(3, -1).T - reach
    v = v[np.gcd.reduce(v, axis=1) == 1]
    first = np.take_along_axis(v, (v != 0).argmax(axis=1)[:, None], axis=1)[:, 0]
    v = v[first > 0]
    length = np.linalg.norm(v @ real_space, axis=1)
    return v[np.lexsort((*v.T, length.round(6)))]


def _along_axis(W: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """The shortest lattice vector that W leaves as it is."""
    return vectors[(vectors @ W.T == vectors).all(axis=1)][0]


def _across_axis(W: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """The lattice vectors perpendicular to the axis of W: the sum of v over its powers vanishes."""
    total = sum(np.linalg.matrix_power(W, k) for k in range(_order(W)))
    return vectors[(vectors @ np.asarray(total).T == 0).all(axis=1)]


def _monoclinic(axis: np.ndarray, vectors: np.ndarray, real_space: np.ndarray) -> np.ndarray:
    """Unique axis b; a and c the shortest across it, of the settings with C (or P, I) centring the least oblique."""
    b = _along_axis(axis, vectors)
    across = _across_axis(axis, vectors)[:8]
    best: tuple[float, np.ndarray] | None = None
    for i, j in combinations(range(len(across)), 2):
        for a, c in ((across[i], across[j]), (across[j], across[i])):
            if (a @ real_space) @ (c @ real_space) > 1e-9:
                c = -c
            P = _right_handed(np.column_stack([a, b, c]), column=1)
            letter = centring_letter(P)
            if letter not in ("P", "C", "I"):
                continue
            obliqueness = -float((a @ real_space) @ (c @ real_space))
            size = float(np.linalg.norm(a @ real_space) + np.linalg.norm(c @ real_space))
            score = size + 1e-6 * obliqueness + (1e-3 if letter == "I" else 0) * size
            score += 1e-9 * float(np.linalg.norm(a @ real_space))
            if best is None or score < best[0] - 1e-7:
                best = (score, P)
    if best is None:
        raise ArithmeticError("no monoclinic setting within reach of the reduced cell")
    return best[1]


def _right_handed(P: np.ndarray, column: int = 2) -> np.ndarray:
    """P with this column turned round where its axes are left-handed."""
    if np.linalg.det(P) < 0:
        P = P.copy()
        P[:, column] *= -1
    return P


def _three_axes(axes: list[np.ndarray], vectors: np.ndarray, real_space: np.ndarray) -> np.ndarray:
    """a, b, c along three axes, by length."""
    found = [_along_axis(W, vectors) for W in axes]
    found.sort(key=lambda v: round(float(np.linalg.norm(v @ real_space)), 6))
    return _right_handed(np.column_stack(found))


def _one_axis(axis: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """c along the axis; a the shortest across it, b its image by 90 or 120 degrees."""
    c = _along_axis(axis, vectors)
    a = _across_axis(axis, vectors)[0]
    turn = axis @ axis if _order(axis) == 6 else axis
    return _right_handed(np.column_stack([a, turn @ a, c]))


def _basis(W: np.ndarray, vectors: np.ndarray, real_space: np.ndarray) -> np.ndarray:
    """P (3, 3) int of the conventional cell of the rotations W."""
    by_order: dict[int, list[np.ndarray]] = {}
    for w in W:
        by_order.setdefault(_order(w), []).append(w)
    n = len(W)
    if n == 1:
        return niggli(np.linalg.inv(real_space))[1]
    if n in (12, 24) and len(by_order.get(3, [])) == 8:
        squares = by_order[4] if 4 in by_order else by_order[2]
        unique = {_key(np.outer(v, v)): w for w in squares for v in [_along_axis(w, vectors)]}
        return _three_axes([unique[k] for k in sorted(unique)], vectors, real_space)
    for order in (6, 4, 3):
        if order in by_order:
            return _one_axis(by_order[order][0], vectors)
    if n == 4:
        return _three_axes(by_order[2], vectors, real_space)
    return _monoclinic(by_order[2][0], vectors, real_space)


def centring_letter(P: np.ndarray) -> str:
    """The centring of the cell (a, b, c) P of a primitive lattice: P A B C I F R; H for the reverse setting of R.

    Lattice points of the cell are the columns of P^-1, modulo 1.
    """
    volume = round(abs(float(np.linalg.det(P))))
    grid = np.indices((volume,) * 3).reshape(3, -1).T
    points = np.round((grid @ np.linalg.inv(P).T) % 1.0, 4) % 1.0
    unique = {tuple(p) for p in points.tolist()}
    names: dict[str, set[tuple[float, ...]]] = {
        "P": set(), "A": {(0, 0.5, 0.5)}, "B": {(0.5, 0, 0.5)}, "C": {(0.5, 0.5, 0)}, "I": {(0.5, 0.5, 0.5)},
        "F": {(0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0)},
        "R": {(0.6667, 0.3333, 0.3333), (0.3333, 0.6667, 0.6667)},
        "H": {(0.3333, 0.6667, 0.3333), (0.6667, 0.3333, 0.6667)},
    }  # fmt: skip
    for letter, vectors in names.items():
        if unique == vectors | {(0, 0, 0)}:
            return letter
    return "?"


_SYMBOLS = {
    "1": ("P 1",), "2": ("P 1 2 1", "C 1 2 1", "I 1 2 1"), "222": ("P 2 2 2", "C 2 2 2", "F 2 2 2", "I 2 2 2"),
    "4": ("P 4", "I 4"), "422": ("P 4 2 2", "I 4 2 2"), "3": ("P 3", "R 3:H"),
    "32": ("P 3 2 1", "P 3 1 2", "R 3 2:H"), "6": ("P 6",), "622": ("P 6 2 2",),
    "23": ("P 2 3", "F 2 3", "I 2 3"), "432": ("P 4 3 2", "F 4 3 2", "I 4 3 2"),
}  # fmt: skip


def _named(P: np.ndarray, W: np.ndarray) -> tuple[np.ndarray, gemmi.SpaceGroup] | None:
    """The space group whose rotations and centring P^-1 W P has, with P turned to a tabulated setting if need be."""
    if centring_letter(P) == "H":  # reverse to obverse: half a turn about c
        P = P @ np.diag([-1, -1, 1])
    given = P
    for axes in ((0, 1, 2), (0, 2, 1), (1, 2, 0)):  # A or B centring of an orthorhombic cell becomes C, a < b
        P = _right_handed(given[:, axes])
        inverse = np.linalg.inv(P)
        have = {_key(np.rint(inverse @ w @ P).astype(int)) for w in W}
        letter = centring_letter(P)
        for symbols in _SYMBOLS.values():
            for symbol in symbols:
                group = gemmi.SpaceGroup(symbol)
                if group.centring_type() == letter and {_key(w) for w in rotations(group)} == have:
                    return P, group
    return None


def metric_subgroups(A: np.ndarray, max_delta: float = 5.0) -> list[LatticeSetting]:
    """Every subgroup of the metric symmetry of a primitive A (3, 3), in its conventional setting, highest first.

    max_delta: degrees, the worst misfit allowed (Le Page 1982). P 1 comes last.
    """
    W, misfit = lattice_symmetry(A, max_delta)
    reduced, to_reduced = niggli(A)
    real_space = np.linalg.inv(reduced)
    vectors = _short_vectors(real_space)
    back = np.linalg.inv(to_reduced)
    in_reduced = np.rint(back @ W @ to_reduced).astype(int)
    settings = []
    for ops, worst in _subgroups(in_reduced, misfit):
        named = _named(_basis(ops, vectors, real_space), ops)
        if named is not None:
            P, group = named
            settings.append(LatticeSetting(to_reduced @ P, group, np.rint(to_reduced @ ops @ back).astype(int), worst))
    return settings


def centred_on_c(setting: LatticeSetting, A: np.ndarray) -> LatticeSetting:
    """The setting, with the C-centred cell of the same lattice where it is monoclinic with I centring.

    A: (3, 3) reciprocal vectors of the primitive cell, columns. Of the cells that have a diagonal of a and c of the I
    cell for a, and its a or c for c, the one with the shortest edges that is right-handed and not acute.
    """
    if setting.group.crystal_system_str() != "monoclinic" or setting.group.centring_type() != "I":
        return setting
    real_space = np.linalg.inv(A)
    corners = [np.array(a) for a in ((1, 0, 1), (1, 0, -1), (-1, 0, -1), (-1, 0, 1))]
    edges = [np.array(c) for c in ((0, 0, 1), (0, 0, -1), (1, 0, 0), (-1, 0, 0))]
    best: tuple[float, np.ndarray] | None = None
    for a, c in product(corners, edges):
        P = setting.P @ np.column_stack([a, (0, 1, 0), c])
        long, _, other = P.T @ real_space
        size = float(np.linalg.norm(long) + np.linalg.norm(other))
        if np.linalg.det(P) > 0 and long @ other < 1e-9 and (best is None or size < best[0] - 1e-7):
            best = (size, P)
    assert best is not None  # one of a diagonal and its opposite makes an obtuse angle
    return replace(setting, P=best[1], group=gemmi.SpaceGroup(setting.group.hm.replace("I", "C")))
