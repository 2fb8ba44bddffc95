"""Scalepack files (.sca): merged intensities, I(+) and I(-) side by side."""

from __future__ import annotations

import os

import numpy as np

from gnomon.io.atomic import write_whole
from gnomon.maths.symmetry import is_centric, space_group
from gnomon.models.merged import MergedData

_LARGEST = 9_999_999.0  # F8.1


def write_scalepack(path: str | os.PathLike[str], merged: MergedData) -> float:
    """Write h, k, l, I, sigma (3I4, 2F8.1), and I(-), sigma where the data are anomalous; returns the scale applied.

    A missing I(+) beside an I(-) is written as 0 with sigma -1, as HKL does.
    """
    values = _values(merged)
    largest = float(np.nanmax(np.abs(values)))
    scale = min(1.0, _LARGEST / 10 / largest) if largest > 0 else 1.0
    name = space_group(merged.hall_symbol).hm.lower().replace(" ", "")
    cell = "".join(f"{v:10.3f}" for v in merged.cell)
    lines = [f"{1:5d}\n", f"{-987:5d}\n", f"{cell} {name}\n"]
    centric = is_centric(merged.hkl, merged.hall_symbol)
    for (h, k, l), row, one in zip(merged.hkl.tolist(), (values * scale).tolist(), centric.tolist()):
        pairs = [row[:2]] if one or len(row) == 2 or np.isnan(row[2]) else [row[:2], row[2:]]
        lines.append(f"{h:4d}{k:4d}{l:4d}" + "".join(_pair(*pair) for pair in pairs) + "\n")
    write_whole(path, "".join(lines))
    return scale


def _values(merged: MergedData) -> np.ndarray:
    """(M, 2) I and sigma, or (M, 4) with I(-) and its sigma."""
    if merged.plus is None or merged.minus is None:
        return np.column_stack([merged.mean.intensity, merged.mean.sigma])
    return np.column_stack([v for half in (merged.plus, merged.minus) for v in (half.intensity, half.sigma)])


def _pair(intensity: float, sigma: float) -> str:
    if np.isnan(intensity):
        return f"{0:8.1f}{-1:8.1f}"
    return f"{intensity:8.1f}{max(sigma, 0.1):8.1f}"
