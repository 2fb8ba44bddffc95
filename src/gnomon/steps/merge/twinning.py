"""Do the intensities follow Wilson's statistics, or those of a twin?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from gnomon.maths.lattice import b_matrix, d_spacing
from gnomon.maths.normalised import expected_intensity
from gnomon.maths.symmetry import epsilon, is_centric, rotations
from gnomon.maths.tncs import Tncs, find_tncs, modulation
from gnomon.models.merged import MergedData
from gnomon.steps.merge.lookup import Lookup
from gnomon.steps.merge.twin_laws import TwinLaw, h_test, twin_operators

_MOST = 20_000  # reflections that suffice for every test


@dataclass(frozen=True)
class TwinningTests:
    """Figures of the acentric reflections, with what is expected of an untwinned crystal and of a perfect twin."""

    mean_abs_l: float  # 1/2, 3/8
    mean_l2: float  # 1/3, 1/5
    n_pairs: int
    second_moment: float  # <I^2> / <I>^2: 2, 1.5
    second_moment_centric: float  # 3, 2
    d_range: tuple[float, float]  # Å
    laws: tuple[TwinLaw, ...]
    tncs: tuple[tuple[tuple[float, ...], float], ...] = ()  # vectors (fractions) and their modulation, taken out first


def twinning_tests(merged: MergedData) -> TwinningTests | None:
    """The tests on the well-measured reflections; None where there are fewer than 100 pairs to compare.

    Translational NCS makes weak and strong classes, which hide twinning: intensities are taken over their class means.
    """
    d = d_spacing(merged.hkl, merged.cell)
    merged, tncs = _without_tncs(merged, d)
    rows = _well_measured(merged, d)
    rows = rows[:: max(1, len(rows) // _MOST)]
    if len(rows) < 100:
        return None
    hkl, intensity = merged.hkl[rows], merged.mean.intensity[rows]
    centric = is_centric(hkl, merged.hall_symbol)
    table = Lookup(merged)
    L = local_differences(hkl[~centric], intensity[~centric], table)
    if len(L) < 100:
        return None
    moments = _second_moments(merged, rows, centric, d)
    laws = tuple(h_test(table, hkl[~centric], intensity[~centric], law) for law in twin_operators(merged))
    span = (float(d[rows].max()), float(d[rows].min()))
    vectors = tuple((tuple(float(x) for x in one.vector), one.modulation) for one in tncs)
    return TwinningTests(float(np.abs(L).mean()), float((L**2).mean()), len(L), *moments, span, laws, vectors)


def _without_tncs(merged: MergedData, d: np.ndarray) -> tuple[MergedData, list[Tncs]]:
    """Intensities over the mean of their class, and the translations that make classes."""
    reduced = merged.mean.intensity / epsilon(merged.hkl, merged.hall_symbol)
    e2 = reduced / expected_intensity(d, reduced)
    W = rotations(merged.hall_symbol)
    found = find_tncs(merged.hkl, e2, d, b_matrix(merged.cell), W)
    if not found:
        return merged, []
    mean = modulation(found, merged.hkl, d)
    measured = replace(merged.mean, intensity=merged.mean.intensity / mean, sigma=merged.mean.sigma / mean)
    return replace(merged, mean=measured), found


def _well_measured(merged: MergedData, d: np.ndarray, per_shell: int = 100) -> np.ndarray:
    """Rows below 10 Å, as far as the mean of I / sigma in a shell stays above 3."""
    order = np.argsort(-d, kind="stable")
    order = order[d[order] < 10]
    shells = np.array_split(order, max(1, len(order) // per_shell))
    ratio = merged.mean.intensity / merged.mean.sigma
    good = [len(rows) > 0 and ratio[rows].mean() > 3 for rows in shells]
    last = good.index(False) if False in good else len(good)
    return np.sort(np.concatenate([np.zeros(0, int), *shells[:last]]))


def local_differences(hkl: np.ndarray, intensity: np.ndarray, table: Lookup) -> np.ndarray:
    """(n,) L = (I1 - I2) / (I1 + I2) of acentric reflections two apart along an axis or diagonal.

    Steps of two are safe against pseudo-centring. Padilla & Yeates 2003, Acta Cryst. D59, 1124.
    """
    steps = [np.array(s) for s in product((0, 2, -2), repeat=3) if s > (0, 0, 0)]
    found = []
    for step in steps:
        mate = table.find(hkl + step)
        itself = table.find(hkl)
        used = (mate >= 0) & (mate != itself) & ~is_centric(hkl + step, table.group)
        total = intensity[used] + table.intensity[mate[used]]
        difference = intensity[used] - table.intensity[mate[used]]
        found.append(np.clip(difference[total > 0] / total[total > 0], -1, 1))
    return np.concatenate(found)


def _second_moments(merged: MergedData, rows: np.ndarray, centric: np.ndarray, d: np.ndarray) -> tuple[float, float]:
    """<I^2> / <I>^2 in shells of 100, freed of the variance of measurement; acentric and centric."""
    reduced = merged.mean.intensity / epsilon(merged.hkl, merged.hall_symbol)
    noise = (merged.mean.sigma / epsilon(merged.hkl, merged.hall_symbol)) ** 2
    moments = []
    for kind in (False, True):
        chosen = rows[centric == kind]
        if len(chosen) < 20:
            moments.append(float("nan"))
            continue
        shells = np.array_split(chosen[np.argsort(d[chosen], kind="stable")], max(1, len(chosen) // 100))
        values = [(reduced[s] ** 2 - noise[s]).mean() / reduced[s].mean() ** 2 for s in shells]
        moments.append(float(np.average(values, weights=[len(s) for s in shells])))
    return moments[0], moments[1]
