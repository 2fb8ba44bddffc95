"""Do the intensities follow Wilson's statistics, or those of a twin?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.crystal.symmetry import epsilon, is_centric
from gnomon.maths.intensities.lookup import Lookup
from gnomon.maths.intensities.neighbours import local_differences, well_measured
from gnomon.maths.intensities.tncs import Tncs
from gnomon.maths.laue_group.twin import LTest, told_by_neighbours
from gnomon.models.merged import MergedData
from gnomon.steps.merge.translations import Translation, as_translations, class_means
from gnomon.steps.merge.twin_laws import TwinLaw, h_test, twin_operators
from gnomon.summary import figure

_MOST = 20_000  # reflections that suffice for every test
_ALIKE = 0.05  # twin fraction by mates below which nothing is to be told
_SEED = 0  # of Wilson's intensities that neighbours are held against


@dataclass(frozen=True)
class TwinningTests:
    """Figures of the acentric reflections, with what is expected of an untwinned crystal and of a perfect twin."""

    mean_abs_l: float = figure("<|L|> of neighbours: 1/2 untwinned, 3/8 of a perfect twin")
    mean_l2: float = figure("<L^2>: 1/3 untwinned, 1/5 of a perfect twin")
    n_pairs: int = figure("pairs of neighbours")
    second_moment: float = figure("<I^2> / <I>^2, acentric: 2 untwinned, 1.5 of a perfect twin")
    second_moment_centric: float = figure("the same of centric reflections: 3 and 2; nan for fewer than 20")
    d_range: tuple[float, float] = figure("the resolution of what was used, low first", unit="Å")
    laws: tuple[TwinLaw, ...] = figure("the operations that may relate twins")
    tncs: tuple[Translation, ...] = figure("translational NCS that was taken out first", default=())


def twinning_tests(merged: MergedData, tncs: list[Tncs]) -> TwinningTests | None:
    """The tests on the well-measured reflections; None where there are fewer than 100 pairs to compare.

    Translational NCS makes weak and strong classes, which hide twinning: intensities are taken over their class means.
    Mates are alike in a twin, and by pseudo-symmetry; neighbours, which neither relates, tell them apart.
    """
    d = d_spacing(merged.hkl, merged.cell)
    merged = _without_tncs(merged, tncs)
    rows = well_measured(merged, d)
    rows = rows[:: max(1, len(rows) // _MOST)]
    if len(rows) < 100:
        return None
    hkl, intensity = merged.hkl[rows], merged.mean.intensity[rows]
    centric = is_centric(hkl, merged.hall_symbol)
    table = Lookup(merged)
    L, noise = local_differences(hkl[~centric], rows[~centric], table)
    if len(L) < 100:
        return None
    neighbours = told_by_neighbours(L, noise, _SEED)
    moments = _second_moments(merged, rows, centric, d)
    laws = tuple(
        _judged(h_test(table, hkl[~centric], intensity[~centric], law), neighbours) for law in twin_operators(merged)
    )
    span = (float(d[rows].max()), float(d[rows].min()))
    taken_out = as_translations(tncs)
    return TwinningTests(float(np.abs(L).mean()), float((L**2).mean()), len(L), *moments, span, laws, taken_out)


def _without_tncs(merged: MergedData, found: list[Tncs]) -> MergedData:
    """Intensities over the mean of their class."""
    if not found:
        return merged
    mean = class_means(merged, found)
    measured = replace(merged.mean, intensity=merged.mean.intensity / mean, sigma=merged.mean.sigma / mean)
    return replace(merged, mean=measured)


def _judged(law: TwinLaw, neighbours: LTest | None) -> TwinLaw:
    """The law with what neighbours say of it, where mates are alike."""
    if neighbours is None or law.twin_fraction < _ALIKE:
        return law
    return replace(law, verdict=neighbours.verdict(law.twin_fraction) or "not told")


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
