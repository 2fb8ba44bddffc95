"""Merged data of an MTZ file, of whatever program: intensities with their sigmas."""

from __future__ import annotations

import os
from itertools import pairwise

import gemmi
import numpy as np

from gnomon.errors import InputError
from gnomon.io.mtz_file import read_mtz
from gnomon.maths.crystal.symmetry import hall_symbol
from gnomon.maths.intensities.merging import group_equivalents, merge
from gnomon.models.merged import Measured, MergedData

_MEAN, _FRIEDEL = ("J",), ("K",)
"""Types of columns of mean intensities, and of those of Friedel mates apart."""


def read_merged(path: str | os.PathLike[str]) -> MergedData:
    """The mean intensities of the file; of I(+) and I(-) where these are all it has; one observation each.

    Multiplicities are read from a column N or NI of integers, where there is one. Raises InputError where there are no
    intensities with sigmas, no cell or no space group.
    """
    mtz = read_mtz(path)
    if mtz.spacegroup is None or not mtz.cell.is_crystal():
        raise InputError(f"{path} has no cell or no space group; give a file that has both")
    pairs = next((p for types in (_MEAN, _FRIEDEL) if (p := _pairs(mtz, types))), [])
    if not pairs:
        labels = " ".join(mtz.column_labels())
        raise InputError(f"{path} has no intensities with sigmas ({labels}); give a file that has IMEAN and SIGIMEAN")
    symbol = hall_symbol(mtz.spacegroup)
    intensity = np.concatenate([np.array(i.array, float) for i, _ in pairs])
    sigma = np.concatenate([np.array(s.array, float) for _, s in pairs])
    hkl = np.tile(mtz.make_miller_array(), (len(pairs), 1))
    good = np.isfinite(intensity) & (sigma > 0)
    groups = group_equivalents(hkl[good], symbol)
    found = merge(groups, intensity[good], sigma[good] ** 2)
    measured = Measured(found.intensity, found.sigma, _counts(mtz, found.count, good, groups.label))
    wavelength = float(next((d.wavelength for d in reversed(list(mtz.datasets))), 0.0))
    return MergedData(groups.hkl, np.array(mtz.cell.parameters), symbol, wavelength, measured)


def _pairs(mtz: gemmi.Mtz, types: tuple[str, ...]) -> list[tuple[gemmi.Mtz.Column, gemmi.Mtz.Column]]:
    """Columns of these types, each with the column of sigmas behind it: the first, or the first two of mates."""
    columns = list(mtz.columns)
    found = [(a, b) for a, b in pairwise(columns) if a.type in types and b.type in ("Q", "M")]
    return found[: 2 if types == _FRIEDEL else 1]


def _counts(mtz: gemmi.Mtz, count: np.ndarray, good: np.ndarray, label: np.ndarray) -> np.ndarray:
    """(M,) observations of each reflection: of a column that tells them, else of the file's rows."""
    named = next((c for c in mtz.columns if c.label in ("N", "NI", "NOBS", "N_obs") and c.type == "I"), None)
    if named is None or len(good) != len(named.array):
        return count
    return np.bincount(label, np.nan_to_num(np.array(named.array, float))[good], minlength=len(count)).astype(int)
