"""The columns of an unmerged MTZ under our names."""

from __future__ import annotations

import os

import gemmi
import numpy as np

from gnomon.errors import InputError
from gnomon.io.mtz_file import read_mtz
from gnomon.models.table_limits import HIGHEST_INDEX


def open_unmerged(path: str | os.PathLike[str]) -> gemmi.Mtz:
    """The file. Raises InputError where it is damaged, merged, or of no known space group."""
    mtz = read_mtz(path)
    if not len(mtz.batches):
        raise InputError(f"{path} holds merged data (it has no batches); give the unmerged MTZ")
    if mtz.spacegroup is None:
        raise InputError(f"{path} has no known space group ({mtz.spacegroup_name!r}); write it with one")
    return mtz


OPTIONAL = {
    "profile": "IPR",
    "profile_sigma": "SIGIPR",
    "scale": "SCALEUSED",
    "scale_sigma": "SIGSCALEUSED",
    "background": "BG",
    "background_sigma": "SIGBG",
    "partiality": "FRACTIONCALC",
    "lp": "LP",
    "qe": "QE",
    "x": "XDET",
    "y": "YDET",
    "rot": "ROT",
    "flag": "FLAG",
}
"""Ours: label of the column."""
_POSITIVE = ("scale", "partiality", "lp", "qe")  # where not all are, the column says nothing


def named_columns(mtz: gemmi.Mtz, path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """The columns by our names, each (N,) float64; those that say nothing left out.

    Raises InputError where one is missing that must be there.
    """
    labels = {c.label: c for c in mtz.columns}
    value = next((c.label for c in (labels.get("I"), *mtz.columns) if c is not None and c.type == "J"), None)
    needed = {"isym": "M/ISYM", "batch": "BATCH", "intensity": value or "I", "sigma": f"SIG{value or 'I'}"}
    missing = [label for label in needed.values() if label not in labels]
    if missing:
        raise InputError(
            f"{path} lacks the column {missing[0]} (it has {' '.join(labels)}); give an unmerged MTZ with intensities"
        )
    found = {name: np.array(labels[label].array, float) for name, label in needed.items()}
    places = [mtz.columns[i].array for i in range(3)]  # h, k, l
    limits = [*((values, HIGHEST_INDEX) for values in places), (found["isym"], 1e6), (found["batch"], 1e9)]
    if not all((np.abs(values) <= most).all() for values, most in limits):
        raise InputError(f"{path} has indices or batches that are no such numbers; it is damaged, write it anew")
    for name, label in OPTIONAL.items():
        if label in labels and label != value:
            values = np.array(labels[label].array, float)
            if np.isfinite(values).all() and (name not in _POSITIVE or (values > 0).all()):
                found[name] = values
    return found
