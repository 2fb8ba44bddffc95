"""Translational NCS in merged data: the mean intensity of each reflection's class, for amplitudes, moments, twins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.maths.crystal.lattice import b_matrix, d_spacing
from gnomon.maths.crystal.symmetry import epsilon, rotations
from gnomon.maths.intensities.normalised import expected_intensity
from gnomon.maths.intensities.tncs import Tncs, find_tncs, modulation
from gnomon.models.merged import MergedData
from gnomon.summary import figure


@dataclass(frozen=True)
class Translation:
    """A translation that relates copies of a molecule."""

    vector: tuple[float, ...] = figure("in fractions of the cell")
    modulation: float = figure("how much it changes mean intensities: 1 where every molecule has a copy")


def as_translations(found: list[Tncs]) -> tuple[Translation, ...]:
    """What is told of the translations found."""
    return tuple(Translation(tuple(float(x) for x in one.vector), float(one.modulation)) for one in found)


def translations(merged: MergedData) -> list[Tncs]:
    """The translations that modulate the intensities, the strongest first; none where there are few reflections."""
    d = d_spacing(merged.hkl, merged.cell)
    reduced = merged.mean.intensity / epsilon(merged.hkl, merged.hall_symbol)
    e2 = reduced / expected_intensity(d, reduced)
    return find_tncs(merged.hkl, e2, d, b_matrix(merged.cell), rotations(merged.hall_symbol))


def class_means(merged: MergedData, found: list[Tncs]) -> np.ndarray:
    """(M,) the mean intensity of each reflection's class, over that of its resolution; ones without translations."""
    return modulation(found, merged.hkl, d_spacing(merged.hkl, merged.cell))
