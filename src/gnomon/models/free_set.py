"""The R-free flags of a data set, and how programs write them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CCP4_LABEL, PHENIX_LABEL = "FreeR_flag", "R-free-flags"
"""Of sets numbered from 0, of which 0 is free (CCP4); of flags that are 1 where free, else 0 (Phenix, CNS)."""


@dataclass(frozen=True, eq=False)
class FreeSet:
    """Flags of an earlier data set, in its own convention, cell and space group."""

    hkl: np.ndarray  # (M, 3)
    flag: np.ndarray  # (M,) int
    cell: np.ndarray  # (6,)
    hall_symbol: str
    intensity: np.ndarray | None = None  # (M,), nan where there is none: to tell one indexing from another
    name: str = "the reference"  # of the file


def free_value(flag: np.ndarray) -> int:
    """The value that marks the free set: the rarer of two values, 0 where there are more (CCP4)."""
    values, counts = np.unique(flag, return_counts=True)
    return int(values[counts.argmin()]) if len(values) == 2 else 0


def free_label(flag: np.ndarray) -> str:
    """The name under which programs take these flags for what they are."""
    return PHENIX_LABEL if free_value(flag) == 1 else CCP4_LABEL


def in_a_known_convention(flag: np.ndarray) -> np.ndarray:
    """(M,) int32 flags that programs read: two values other than 0 and 1 (-1 and 1 in SHELX) become 1 where free."""
    values = set(np.unique(flag).tolist())
    if len(values) == 2 and values != {0, 1}:
        return (flag == free_value(flag)).astype(np.int32)
    return np.asarray(flag, np.int32)
