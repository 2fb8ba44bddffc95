"""Do merged intensities follow Wilson's statistics: cumulative distributions, second moments, the L test.

Wilson 1949, Acta Cryst. 2, 318; Howells, Phillips & Rogers 1950, Acta Cryst. 3, 210; Padilla & Yeates 2003, Acta Cryst.
D59, 1124.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erf

import numpy as np

from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.crystal.symmetry import epsilon, is_centric
from gnomon.maths.intensities.lookup import Lookup
from gnomon.maths.intensities.neighbours import local_differences, well_measured
from gnomon.maths.intensities.normalised import expected_intensity
from gnomon.maths.numerics.tally import equal_tally, ratio
from gnomon.models.merged import MergedData

_LEAST = 200  # reflections, below which distributions are too ragged to tell anything
_PER_SHELL = 100
_MOST_PAIRS_OF = 2_000  # reflections that suffice for the L test: their 25,000 pairs tell <|L|> to 0.002
Z = np.linspace(0, 1, 21)
"""Intensities over their mean at which cumulative distributions are told: the field's plots end at 1."""
L = np.linspace(0, 1, 21)


@dataclass(frozen=True, eq=False)
class Normalised:
    """Intensities over what is expected of their resolution and class: z (M,), its error, resolution (Å), centric."""

    z: np.ndarray
    sigma: np.ndarray
    d: np.ndarray
    centric: np.ndarray


def normalised(merged: MergedData) -> Normalised:
    """z = I / (epsilon <I>) of all merged reflections, the mean that of their shell."""
    eps = epsilon(merged.hkl, merged.hall_symbol)
    d = d_spacing(merged.hkl, merged.cell)
    expected = expected_intensity(d, merged.mean.intensity / eps) * eps
    return Normalised(
        merged.mean.intensity / expected, merged.mean.sigma / expected, d, is_centric(merged.hkl, merged.hall_symbol)
    )


def cumulative(values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """(n,) the share of ``values`` below each of ``at`` (n,); nan of too few values."""
    if len(values) < _LEAST:
        return np.full(len(at), np.nan)
    return np.searchsorted(np.sort(values), at) / len(values)


def expected_acentric(z: np.ndarray) -> np.ndarray:
    """N(z) of acentric reflections of an untwinned crystal: 1 - exp(-z)."""
    return -np.expm1(-z)


def expected_centric(z: np.ndarray) -> np.ndarray:
    """N(z) of centric reflections: erf(sqrt(z / 2))."""
    return np.array([erf(np.sqrt(x / 2)) for x in z])


def expected_twin(z: np.ndarray) -> np.ndarray:
    """N(z) of acentric reflections of a perfect twin: 1 - (1 + 2 z) exp(-2 z). Stanley 1972, J. Appl. Cryst. 5, 191."""
    return 1 - (1 + 2 * z) * np.exp(-2 * z)


def l_distribution(merged: MergedData) -> np.ndarray | None:
    """N(|L|) at ``L`` of the well-measured acentric reflections; None of fewer than 200 pairs.

    |L| of an untwinned crystal, |L| (3 - L²) / 2 of a perfect twin.
    """
    rows = well_measured(merged, d_spacing(merged.hkl, merged.cell))
    rows = rows[~is_centric(merged.hkl[rows], merged.hall_symbol)]
    rows = rows[:: max(1, len(rows) // _MOST_PAIRS_OF)]
    if len(rows) < 2:
        return None
    found, _ = local_differences(merged.hkl[rows], rows, Lookup(merged))
    return None if len(found) < _LEAST else cumulative(np.abs(found), L)


def second_moments(data: Normalised, *, centric: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """(n,) 1/d² and (n,) <z²> / <z>² of shells of equal number, freed of the variance of measurement.

    2 of acentric reflections, 3 of centric ones; 1.5 and 2 of a perfect twin. Empty of too few reflections.
    """
    rows = np.flatnonzero(data.centric == centric)
    if len(rows) < _LEAST:
        return np.zeros(0), np.zeros(0)
    s2, z = 1 / data.d[rows] ** 2, data.z[rows]
    tally = equal_tally(s2, max(1, min(20, len(rows) // _PER_SHELL)))
    moment = ratio(tally.mean(z**2 - data.sigma[rows] ** 2), tally.mean(z) ** 2)
    return tally.mean(s2), moment
