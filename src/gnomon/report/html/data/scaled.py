"""Scaled observations: what was corrected, what was thrown out, how the halves agree, and what they merge to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.symmetry import hall_symbol, is_absent, patterson_symbol, space_group
from gnomon.maths.data_sets.data_set import DataSet, common_data_set, scaled_intensities
from gnomon.maths.intensities.agreement import Observed, half_set_means
from gnomon.maths.intensities.merging import Groups, friedel_pairs, group_equivalents, merge
from gnomon.maths.intensities.statistics import merging_statistics, shell_by_shell
from gnomon.maths.numerics.normal import normal_quantile
from gnomon.models.flags import Flag
from gnomon.models.merged import Measured, MergedData
from gnomon.report.html.blocks import Block, Figure
from gnomon.report.html.data.intensities import intensity_blocks, screw_figure
from gnomon.report.html.data.plane import detector_plane
from gnomon.report.html.data.seen import Seen, by_image
from gnomon.report.html.figures.axes import axis
from gnomon.report.html.figures.lines import Curve, lines
from gnomon.report.html.figures.maps import Plane, heat_map, limits_of

_COLUMNS = ("miller_index", "intensity.scale.value", "intensity.scale.variance", "inverse_scale_factor", "flags")
_ANY_WAVELENGTH = 10.0  # Å: data of several are drawn together
_QUANTILES = 300  # points of a normal-probability plot
_LEAST_PAIRS = 50


@dataclass(frozen=True, eq=False)
class Scaled:
    """Scaled observations that are to be merged, on one scale: rows of the table, indices, intensity, variance."""

    rows: np.ndarray
    hkl: np.ndarray
    intensity: np.ndarray
    variance: np.ndarray
    data_set: DataSet

    @cached_property
    def apart(self) -> Groups:
        """The groups of equivalents, I(+) and I(-) apart."""
        return group_equivalents(self.hkl, self.data_set.hall_symbol, anomalous=True)

    @cached_property
    def merged(self) -> MergedData:
        """The means of equivalents, without those that are systematically absent."""
        symbol, groups = self.data_set.hall_symbol, self.apart.joined()
        use = ~is_absent(groups.hkl, symbol)[groups.label]
        return self._of(groups.select(use), use, symbol)

    @cached_property
    def with_absent(self) -> MergedData:
        """The means of axial reflections under the Laue group alone, so that nothing is absent."""
        symbol = hall_symbol(space_group(patterson_symbol(space_group(self.data_set.hall_symbol))))
        use = (self.hkl == 0).sum(axis=1) == 2
        return self._of(group_equivalents(self.hkl[use], symbol), use, symbol)

    def _of(self, groups: Groups, use: np.ndarray, symbol: str) -> MergedData:
        """The means of the observations ``use`` (N,), which are in these groups."""
        found = merge(groups, self.intensity[use], self.variance[use])
        measured = Measured(found.intensity, found.sigma, found.count)
        return MergedData(groups.hkl, self.data_set.cell, symbol, self.data_set.wavelength, measured)


def scaled_rows(seen: Seen) -> Scaled | None:
    """What is to be merged; None where nothing is scaled, or the experiments are no one crystal form."""
    if _COLUMNS not in seen:
        return None
    try:
        data_set = common_data_set(seen.experiments, _ANY_WAVELENGTH)
    except InputError:
        return None  # several space groups, or no crystal: there is nothing to merge, and other sections show it
    usable, intensity, variance = scaled_intensities(seen.reflections)
    rows = np.flatnonzero(usable)
    if not len(rows):
        return None
    return Scaled(rows, seen["miller_index"][rows], intensity[rows], variance[rows], data_set)


def merging_blocks(seen: Seen) -> list[Block]:
    """Statistics of merging by resolution."""
    from gnomon.report.html.scale import shell_figures

    found = seen.once("scaled", scaled_rows)
    if found is None:
        return []
    observed = (found.hkl, found.intensity, found.variance)
    group = space_group(found.data_set.hall_symbol)
    try:
        statistics = merging_statistics(observed, found.data_set.cell, group)
    except InputError:
        return []  # all are systematically absent
    return list(shell_figures(shell_by_shell(statistics.shells)))


def scaling_blocks(seen: Seen) -> list[Block]:
    """The scale by image and over the detector, and outliers."""
    if _COLUMNS not in seen:
        return []
    along, g = seen.along, seen["inverse_scale_factor"]
    scaled = g > 0
    rejected = seen.has(Flag.OUTLIER_IN_SCALING)
    good = "Good: smooth. Steps: beam or shutter; a steady fall: damage, or the crystal leaves the beam."
    share = along.tally.where(scaled | rejected).mean(rejected.astype(float))
    few = "Good: level, a few in a thousand. A peak: ice, a second lattice or a shadow there."
    mean = along.tally.where(scaled).mean(g)
    figures = [
        by_image("Scale by image", along, {"scale": mean}, "mean inverse scale", good=good),
        by_image(
            "Outliers by image", along, {"outliers": share}, "share of observations", tickformat=".1%",
            rangemode="tozero", good=few,
        ),
    ]  # fmt: skip
    plane = detector_plane(seen, "xyzcal.px" if "xyzcal.px" in seen else "xyzobs.px.value")
    if plane is not None:
        even = "Good: no pattern. Rings: ice; a side or corner: a shadow or bad pixels that should be masked."
        figures.append(
            heat_map("Outliers over the detector", plane, plane.summed(where=rejected), "outliers", good=even)
        )
        level = (
            "Good: smooth, within a few parts in ten. A sharp pattern: a shadow is scaled away that should be masked."
        )
        figures.append(heat_map("Scale over the detector", plane, plane.mean(g, scaled), "inverse scale", good=level))
    return [figure for figure in figures if figure is not None]


def crystal_statistics(seen: Seen) -> list[Block]:
    """What the merged intensities say of the crystal."""
    found = seen.once("scaled", scaled_rows)
    if found is None:
        return []
    screws = [screw_figure(found.with_absent)] if ((found.hkl == 0).sum(axis=1) == 2).any() else []
    return [*intensity_blocks(found.merged), *(figure for figure in screws if figure is not None)]


def anomalous_blocks(seen: Seen) -> list[Block]:
    """Anomalous differences: against noise, and between random halves."""
    found = seen.once("scaled", scaled_rows)
    if found is None:
        return []
    apart = found.apart
    plus, minus = friedel_pairs(apart)
    if len(plus) < _LEAST_PAIRS:
        return []
    merged = merge(apart, found.intensity, found.variance)
    error = np.hypot(merged.sigma[plus], merged.sigma[minus])
    deviates = (merged.intensity[plus] - merged.intensity[minus]) / error
    figures = [_probability(deviates), _halves(Observed(apart, found.intensity, found.variance), plus, minus)]
    return [figure for figure in figures if figure is not None]


def _probability(deviates: np.ndarray) -> Figure:
    n = len(deviates)
    at = np.unique(np.linspace(0, n - 1, min(n, _QUANTILES)).astype(int))
    expected = normal_quantile((at + 0.5) / n)
    curves = [
        Curve("observed", expected, np.sort(deviates)[at], mode="markers"),
        Curve("noise alone", expected[[0, -1]], expected[[0, -1]], dash="dash"),
    ]
    axes = {"x": axis("expected deviate / sigma"), "y": axis("ΔI / sigma(ΔI)")}
    good = "Good: steeper than the dashed line where there are anomalous scatterers; on it, there is no signal."
    return lines("Anomalous normal probability", curves, axes, good=good)


def _halves(observed: Observed, plus: np.ndarray, minus: np.ndarray) -> Figure | None:
    means, both = half_set_means(observed)
    whole = both[plus] & both[minus]
    plus, minus = plus[whole], minus[whole]
    if len(plus) < _LEAST_PAIRS:
        return None
    a, b = means[:, plus] - means[:, minus]
    limits = limits_of(np.concatenate([a, b]), 0.98)
    plane = Plane(np.column_stack([a, b]), (limits, limits), ("ΔI of one half", "ΔI of the other"), down=False)
    r = float(np.corrcoef(a, b)[0, 1])
    note = f"Correlation {r:.3f} of {len(plus)} pairs."
    good = "Good: drawn out along the rising diagonal. A round cloud: no anomalous signal."
    return heat_map("Anomalous differences of half sets", plane, plane.summed(), "pairs", note=note, good=good)
