"""Scalepack files (.sca): merged intensities, I(+) and I(-) side by side."""

from __future__ import annotations

import os

import numpy as np

from gnomon.errors import InputError
from gnomon.io.atomic import write_whole
from gnomon.maths.crystal.symmetry import is_centric, space_group
from gnomon.maths.data_sets.reference_setting import merged_in_reference_setting
from gnomon.models.merged import MergedData

_LARGEST, _LEAST = 999_999.0, -99_999.0
"""Of F8.1."""
_FINE = 1.0
"""Of the smallest sigmas, ten units of the last digit: rounding is then a twentieth of them."""
_WIDEST = 999
"""Of an index, I4 with a blank."""


def write_scalepack(path: str | os.PathLike[str], merged: MergedData) -> tuple[float, str]:
    """Write h, k, l, I, sigma (3I4, 2F8.1), and I(-), sigma where the data are anomalous.

    Returns the scale applied, and what to tell of the setting. A missing I(+) beside an I(-) is written as 0 with
    sigma -1, as HKL does. The name of a rhombohedral group does not tell its axes: hexagonal ones are written.
    Raises InputError for indices that do not fit their columns.
    """
    told = ""
    if space_group(merged.hall_symbol).ext == "R":
        merged, told = merged_in_reference_setting(merged)
    if np.abs(merged.hkl).max() > _WIDEST:
        raise InputError(f"indices beyond {_WIDEST} do not fit a scalepack file; give d_min= or write MTZ")
    values = _values(merged)
    scale = scalepack_scale(values)
    cell = "".join(f"{v:10.3f}" for v in merged.cell)
    lines = [f"{1:5d}\n", f"{-987:5d}\n", f"{cell} {_name(merged.hall_symbol)}\n"]
    centric = is_centric(merged.hkl, merged.hall_symbol)
    for (h, k, l), row, one in zip(merged.hkl.tolist(), (values * scale).tolist(), centric.tolist()):
        pairs = [row[:2]] if one or len(row) == 2 or np.isnan(row[2]) else [row[:2], row[2:]]
        lines.append(f"{h:4d}{k:4d}{l:4d}" + "".join(_pair(*pair) for pair in pairs) + "\n")
    write_whole(path, "".join(lines))
    return scale, told


def _name(hall: str) -> str:
    """The name of the group; of a rhombohedral one with its axes, r3:h, as cctbx writes and reads it."""
    group = space_group(hall)
    name = group.hm.lower().replace(" ", "")
    return f"{name}:h" if group.ext == "H" else name


def scalepack_scale(values: np.ndarray) -> float:
    """The power of ten by which I and sigma, (M, 2 or 4), go into F8.1.

    1 where all fit and the smallest sigmas (of one in a hundred) keep two figures; else the greatest that fits.
    """
    sigma = values[:, 1::2]
    room = max(float(np.nanmax(values)) / _LARGEST, float(np.nanmin(values)) / _LEAST)
    if room <= 1 and float(np.nanquantile(sigma, 0.01)) >= _FINE:
        return 1.0
    return float(10.0 ** np.floor(-np.log10(room))) if room > 0 else 1.0


def _values(merged: MergedData) -> np.ndarray:
    """(M, 2) I and sigma, or (M, 4) with I(-) and its sigma."""
    if merged.plus is None or merged.minus is None:
        return np.column_stack([merged.mean.intensity, merged.mean.sigma])
    return np.column_stack([v for half in (merged.plus, merged.minus) for v in (half.intensity, half.sigma)])


def _pair(intensity: float, sigma: float) -> str:
    if np.isnan(intensity):
        return f"{0:8.1f}{-1:8.1f}"
    return f"{intensity:8.1f}{max(sigma, 0.1):8.1f}"
