"""The R-free set: chosen by index, so that it depends on nothing but the lattice and the seed.

Brünger 1992, Nature 355, 472. Reflections that the lattice's symmetry joins are free together: else a twin mate, or
one that turns out to be equivalent in a higher group, would bring to the working set what the free one should not know.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.symmetry import rotations
from gnomon.models.free_set import FreeSet
from gnomon.models.merged import MergedData
from gnomon.steps.merge.lattice_orbits import images, index_keys, lattice_rotations, representatives
from gnomon.steps.merge.reference_basis import change_to_reference, group_name


class Chosen(NamedTuple):
    """Flags (M,) int32, and what to tell of where they come from."""

    flag: np.ndarray
    notes: tuple[str, ...]


def scrambled(hkl: np.ndarray, seed: int) -> np.ndarray:
    """(N,) numbers evenly spread over [0, 1), a function of index and seed alone.

    The finaliser of SplitMix64: Steele, Lea & Flood 2014, OOPSLA '14, 453.
    """
    step, first, second = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
    x = index_keys(hkl).astype(np.uint64) + np.uint64((seed + 1) * step % 2**64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(first)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(second)
    x ^= x >> np.uint64(31)
    return (x >> np.uint64(11)) / 2.0**53


def free_flags(hkl: np.ndarray, fraction: float, seed: int = 0) -> np.ndarray:
    """(M,) int32 flags in CCP4's way: 0 to n - 1 evenly, n = 1 / fraction rounded; set 0 is the free one.

    hkl: (M, 3), one index for all that are to be free together.
    """
    n = max(2, round(1 / fraction))
    return (scrambled(hkl, seed) * n).astype(np.int32)


def drawn_set(merged: MergedData, fraction: float, seed: int) -> Chosen:
    """A new set, drawn in the highest symmetry of the lattice."""
    W = lattice_rotations(merged.cell, merged.hall_symbol)
    flag = free_flags(representatives(merged.hkl, W), fraction, seed)
    return Chosen(flag, (f"drawn in the symmetry of the lattice ({len(W)} rotations): twin mates are free together",))


def extended_set(merged: MergedData, reference: FreeSet, seed: int) -> Chosen:
    """The reference's set in the basis of the data, extended to reflections that it does not have.

    It is expanded by its own space group. A reflection that it lacks gets the flag of its twin mates by the lattice's
    symmetry where they have one, else a flag drawn in the reference's proportions. Raises InputError where the
    reference is of another cell or group, or its flags differ among what are equivalents here.
    """
    P, notes = change_to_reference(merged, reference)
    table = _Flags(reference)
    known, flag = _agreed(table.find(images(merged.hkl, _to_look_up(merged, table, P) @ P)), merged, reference)
    W = lattice_rotations(merged.cell, merged.hall_symbol)
    mates = table.find(images(merged.hkl[~known], W @ P))
    has_mate = (mates > _NONE).any(axis=0)
    most = mates.max(axis=0, initial=_NONE)
    alike = has_mate & ((mates == _NONE) | (mates == most)).all(axis=0)
    drawn = _drawn(representatives(merged.hkl[~known], W), table.flag, seed)
    flag[~known] = np.where(alike, most, drawn)
    counts = f"{int(known.sum())} flags from {reference.name}, {int(alike.sum())} from twin mates there, "
    return Chosen(flag, (*notes, f"{counts}{int((~alike).sum())} drawn in its proportions"))


_NONE = np.iinfo(np.int32).min
"""No flag; less than any."""


class _Flags:
    """The flags of a reference by index, any equivalent of it in its own group; flags are counted from 0."""

    def __init__(self, reference: FreeSet) -> None:
        self.rotations = rotations(reference.hall_symbol)
        self.flag = np.asarray(reference.flag)
        keys = index_keys(representatives(reference.hkl, self.rotations))
        self.keys, self._row = np.unique(keys, return_index=True)

    def find(self, hkl: np.ndarray) -> np.ndarray:
        """(n, N) flags of indices (n, N, 3); _NONE where there is none."""
        flat = hkl.reshape(-1, 3)
        keys = index_keys(representatives(flat, self.rotations))
        at = np.searchsorted(self.keys, keys).clip(max=len(self.keys) - 1)
        found = np.where(self.keys[at] == keys, self.flag[self._row[at]], _NONE)
        return np.asarray(found.reshape(hkl.shape[:-1]))


def _to_look_up(merged: MergedData, table: _Flags, P: np.ndarray) -> np.ndarray:
    """(n, 3, 3) rotations of the data that the reference does not have: its own look-up does the others."""
    own = rotations(merged.hall_symbol)
    turned = np.rint(np.linalg.inv(P) @ own @ P).astype(int)
    theirs = {W.astype(int).tobytes() for W in table.rotations}
    return own[:1] if {W.tobytes() for W in turned} <= theirs else own


def _agreed(found: np.ndarray, merged: MergedData, reference: FreeSet) -> tuple[np.ndarray, np.ndarray]:
    """(N,) whether there is a flag, and (N,) int32 that flag, of those of all equivalents (n, N).

    Raises InputError where equivalents have several.
    """
    most = found.max(axis=0)
    known = most > _NONE
    apart = int(((found > _NONE) & (found != most)).any(axis=0).sum())
    if apart:
        raise InputError(
            f"{reference.name} has different flags for {apart} of {int(known.sum())} reflections that are one in "
            f"{group_name(merged.hall_symbol)}: it was drawn in {group_name(reference.hall_symbol)} without its "
            "lattice's symmetry; draw a new set (leave the reference out), or merge in that group"
        )
    return known, most.astype(np.int32)


def _drawn(hkl: np.ndarray, flag: np.ndarray, seed: int) -> np.ndarray:
    """(N,) flags drawn in the proportions of those there are."""
    values, counts = np.unique(flag, return_counts=True)
    bounds = np.cumsum(counts) / counts.sum()
    return np.asarray(values[np.searchsorted(bounds, scrambled(hkl, seed), side="right").clip(max=len(values) - 1)])
