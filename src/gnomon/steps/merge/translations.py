"""Translational NCS in merged data: the mean intensity of each reflection's class, for amplitudes, moments, twins."""

from __future__ import annotations

import numpy as np

from gnomon.maths.lattice import b_matrix, d_spacing
from gnomon.maths.normalised import expected_intensity
from gnomon.maths.symmetry import epsilon, rotations
from gnomon.maths.tncs import Tncs, find_tncs, modulation
from gnomon.models.merged import MergedData


def translations(merged: MergedData) -> list[Tncs]:
    """The translations that modulate the intensities, the strongest first; none where there are few reflections."""
    d = d_spacing(merged.hkl, merged.cell)
    reduced = merged.mean.intensity / epsilon(merged.hkl, merged.hall_symbol)
    e2 = reduced / expected_intensity(d, reduced)
    return find_tncs(merged.hkl, e2, d, b_matrix(merged.cell), rotations(merged.hall_symbol))


def class_means(merged: MergedData, found: list[Tncs]) -> np.ndarray:
    """(M,) the mean intensity of each reflection's class, over that of its resolution; ones without translations."""
    return modulation(found, merged.hkl, d_spacing(merged.hkl, merged.cell))
