"""The door to gemmi's space groups: arrays of indices in, arrays out."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import product

import gemmi
import numpy as np

from gnomon.errors import InputError

Group = gemmi.SpaceGroup | gemmi.GroupOps | str
"""A space group: gemmi's, its operations, or a symbol (name, number or Hall)."""


@cache
def operations(symbol: str) -> gemmi.GroupOps:
    """The operations of a space group given by name, number or Hall symbol, in any setting.

    A leading blank marks a Hall symbol, as in ``.expt``: " P 4 2" is P 4 2 2 there, and the name "P 42" without it.
    Raises InputError for a symbol that is none of these.
    """
    text = symbol.strip()
    try:
        found = gemmi.SpaceGroup(int(text)) if text.isdecimal() else gemmi.find_spacegroup_by_name(text)
        if found is not None and not symbol.startswith(" "):
            return found.operations()
        return gemmi.symops_from_hall(text)
    except (RuntimeError, ValueError, TypeError) as error:
        raise InputError(f"unknown space group {symbol!r}; give a name (P212121), a number or a Hall symbol") from error


def space_group(symbol: gemmi.GroupOps | str) -> gemmi.SpaceGroup:
    """The tabulated space group of a name, number or Hall symbol, or of these operations.

    Raises InputError for unknown symbols and for settings that are in no table.
    """
    group = gemmi.find_spacegroup_by_ops(_ops(symbol))
    if group is None:
        raise InputError(f"space group {symbol!r} is not in a tabulated setting; reindex to a standard one")
    return group


def hall_symbol(group: gemmi.SpaceGroup) -> str:
    """The Hall symbol with the leading blank that ``.expt`` files have: " P 2ac 2ab"."""
    hall = str(group.hall)
    return hall if hall.startswith("-") else " " + hall


_PATTERSON = {
    "1": "-1", "1 2 1": "1 2/m 1", "2 2 2": "m m m", "4": "4/m", "4 2 2": "4/m m m", "3": "-3", "3:H": "-3:H",
    "3 2 1": "-3 m 1", "3 1 2": "-3 1 m", "3 2:H": "-3 m:H", "6": "6/m", "6 2 2": "6/m m m", "2 3": "m -3",
    "4 3 2": "m -3 m",
}  # fmt: skip


def patterson_symbol(group: gemmi.SpaceGroup) -> str:
    """The symbol of the Patterson group, which intensities have, of a group of rotations and centring: I m -3 of I 2 3.

    Groups with screw axes, and others that are not in the setting of a lattice found here, keep their own symbol.
    """
    letter, _, rest = group.xhm().partition(" ")
    return f"{letter} {_PATTERSON[rest]}" if rest in _PATTERSON else str(group.xhm())


def _ops(group: Group) -> gemmi.GroupOps:
    if isinstance(group, str):
        return operations(group)
    return group.operations() if isinstance(group, gemmi.SpaceGroup) else group


def rotations(group: Group) -> np.ndarray:
    """(n, 3, 3) int rotations W of the point group (without centring): x' = W x, and for indices h' = h @ W."""
    return np.array([op.rot for op in _ops(group).sym_ops]) // gemmi.Op.DEN


def translations(group: Group) -> np.ndarray:
    """(n, 3) translations, fractions of the cell, that go with :func:`rotations`."""
    return np.array([op.tran for op in _ops(group).sym_ops]) / gemmi.Op.DEN


def centring_vectors(group: Group) -> np.ndarray:
    """(m, 3) lattice translations inside the cell, the first (0, 0, 0)."""
    return np.array(_ops(group).cen_ops) / gemmi.Op.DEN


_ASU: dict[str, Callable[..., np.ndarray]] = {
    "-1": lambda h, k, l: (l > 0) | ((l == 0) & ((h > 0) | ((h == 0) & (k >= 0)))),
    "2/m": lambda h, k, l: (k >= 0) & ((l > 0) | ((l == 0) & (h >= 0))),
    "mmm": lambda h, k, l: (h >= 0) & (k >= 0) & (l >= 0),
    "4/m": lambda h, k, l: (l >= 0) & (((h >= 0) & (k > 0)) | ((h == 0) & (k == 0))),
    "4/mmm": lambda h, k, l: (h >= k) & (k >= 0) & (l >= 0),
    "-3": lambda h, k, l: ((h >= 0) & (k > 0)) | ((h == 0) & (k == 0) & (l >= 0)),
    "-31m": lambda h, k, l: (h >= k) & (k >= 0) & ((k > 0) | (l >= 0)),
    "-3m1": lambda h, k, l: (h >= k) & (k >= 0) & ((h > k) | (l >= 0)),
    "6/m": lambda h, k, l: (l >= 0) & (((h >= 0) & (k > 0)) | ((h == 0) & (k == 0))),
    "6/mmm": lambda h, k, l: (h >= k) & (k >= 0) & (l >= 0),
    "m-3": lambda h, k, l: (h >= 0) & (((l >= h) & (k > h)) | ((l == h) & (k == h))),
    "m-3m": lambda h, k, l: (k >= l) & (l >= h) & (h >= 0),
}
"""The CCP4 asymmetric units of reciprocal space, in reference settings."""


def _asu_test(group: Group) -> Callable[[np.ndarray], np.ndarray] | None:
    """A function from (N, 3) indices to (N,) bool, whether in the asymmetric unit; None for untabulated settings."""
    if isinstance(group, gemmi.SpaceGroup):
        found: gemmi.SpaceGroup | None = group
    else:
        found = gemmi.find_spacegroup_by_ops(_ops(group))
    if found is None:
        return None
    laue = found.laue_str()
    if laue == "-3m":
        laue = "-31m" if gemmi.ReciprocalAsu(found).condition_str().count("k>0") else "-3m1"
    inside = _ASU[laue]
    to_reference = np.array(found.basisop.rot)

    def test(hkl: np.ndarray) -> np.ndarray:
        reference = hkl if found.is_reference_setting() else hkl @ to_reference
        return inside(reference[:, 0], reference[:, 1], reference[:, 2])

    return test


def to_asu(hkl: np.ndarray, group: Group) -> tuple[np.ndarray, np.ndarray]:
    """The equivalent of each index in the CCP4 asymmetric unit (N, 3) and its isym (N,), both int32.

    isym is MTZ's: 2 i + 1 for operation i, 2 i + 2 for its Friedel mate; even means I(-).
    In untabulated settings the unit holds the lexicographically greatest equivalent.
    """
    hkl = np.asarray(hkl, np.int32)
    test = _asu_test(group)
    if test is None:
        return _greatest_equivalent(hkl, rotations(group))
    mapped, isym = np.zeros_like(hkl), np.zeros(len(hkl), np.int32)
    left = np.arange(len(hkl))
    for i, W in enumerate(rotations(group)):
        for sign in (1, -1):
            image = sign * (hkl[left] @ W)
            inside = test(image)
            rows = left[inside]
            mapped[rows], isym[rows] = image[inside], 2 * i + (1 if sign > 0 else 2)
            left = left[~inside]
    return mapped, isym


def _greatest_equivalent(hkl: np.ndarray, W: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    images = np.stack([sign * (hkl @ w) for w in W for sign in (1, -1)])
    span = 2 * int(np.abs(images).max(initial=0)) + 1
    key = (images[..., 0].astype(np.int64) * span + images[..., 1]) * span + images[..., 2]
    best = key.argmax(axis=0)
    return images[best, np.arange(len(hkl))].astype(np.int32), (best + 1).astype(np.int32)


def is_absent(hkl: np.ndarray, group: Group) -> np.ndarray:
    """(N,) bool: systematically absent, by centring, screw axis or glide plane.

    hkl is absent where an operation (W, w) has h W = h but h . w is not an integer.
    """
    hkl = np.asarray(hkl)
    absent = np.zeros(len(hkl), bool)
    for (W, w), c in product(zip(rotations(group), translations(group)), centring_vectors(group)):
        phase = hkl @ (w + c)
        absent |= (hkl @ W == hkl).all(axis=1) & (np.abs(phase - np.rint(phase)) > 1e-3)
    return absent


def epsilon(hkl: np.ndarray, group: Group) -> np.ndarray:
    """(N,) int: how many operations (centring left out) leave hkl as it is; the mean intensity grows with it."""
    hkl = np.asarray(hkl)
    return sum((hkl @ W == hkl).all(axis=1).astype(int) for W in rotations(group))


def is_centric(hkl: np.ndarray, group: Group) -> np.ndarray:
    """(N,) bool: an operation takes hkl to -hkl, so the phase is restricted."""
    hkl = np.asarray(hkl)
    centric = np.zeros(len(hkl), bool)
    for W in rotations(group):
        centric |= (hkl @ W == -hkl).all(axis=1)
    return centric
