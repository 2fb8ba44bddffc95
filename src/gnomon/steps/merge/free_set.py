"""The R-free set: chosen by index, so that it depends on nothing but the seed. Brünger 1992, Nature 355, 472."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.maths.symmetry import Group, to_asu


@dataclass(frozen=True, eq=False)
class FreeSet:
    """Flags of an earlier data set: indices (M, 3) and the flag of each (M,), in its own convention."""

    hkl: np.ndarray
    flag: np.ndarray


def _key(hkl: np.ndarray) -> np.ndarray:
    """(N,) uint64, one a different index."""
    part = (np.asarray(hkl).astype(np.int64) + (1 << 19)).astype(np.uint64)
    return (part[:, 0] << np.uint64(40)) | (part[:, 1] << np.uint64(20)) | part[:, 2]


def scrambled(hkl: np.ndarray, seed: int) -> np.ndarray:
    """(N,) numbers evenly spread over [0, 1), a function of index and seed alone.

    The finaliser of SplitMix64: Steele, Lea & Flood 2014, OOPSLA '14, 453.
    """
    step, first, second = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
    x = _key(hkl) + np.uint64((seed + 1) * step % 2**64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(first)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(second)
    x ^= x >> np.uint64(31)
    return (x >> np.uint64(11)) / 2.0**53


def free_flags(hkl: np.ndarray, fraction: float, seed: int = 0) -> np.ndarray:
    """(M,) int32 flags in CCP4's way: 0 to n - 1 evenly, n = 1 / fraction rounded; set 0 is the free one.

    hkl: (M, 3) in the asymmetric unit of the Laue group.
    """
    n = max(2, round(1 / fraction))
    return (scrambled(hkl, seed) * n).astype(np.int32)


def extended_flags(hkl: np.ndarray, group: Group, reference: FreeSet, seed: int = 0) -> np.ndarray:
    """(M,) int32 flags: the reference's where it has the reflection, drawn in its proportions elsewhere."""
    known, _ = to_asu(reference.hkl, group)
    keys, first = np.unique(_key(known), return_index=True)
    flag = np.asarray(reference.flag)[first].astype(np.int32)
    wanted = _key(to_asu(hkl, group)[0])
    at = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
    values, counts = np.unique(reference.flag, return_counts=True)
    bounds = np.cumsum(counts) / counts.sum()
    drawn = values[np.searchsorted(bounds, scrambled(hkl, seed), side="right").clip(max=len(values) - 1)]
    return np.where(keys[at] == wanted, flag[at], drawn).astype(np.int32)
