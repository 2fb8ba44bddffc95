"""Merge scaled observations: intensities, amplitudes, the free set, and what the data say of twinning."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.crystal.symmetry import is_absent
from gnomon.maths.data_sets.data_set import DataSet, common_data_set, scaled_intensities
from gnomon.maths.intensities.merging import Groups, group_equivalents
from gnomon.maths.intensities.merging import merge as merge_groups
from gnomon.maths.intensities.tncs import Tncs
from gnomon.models.experiment import Experiments
from gnomon.models.free_set import FreeSet, free_label, free_value
from gnomon.models.merged import Measured, MergedData
from gnomon.models.names import MtzNames
from gnomon.models.reflections import Reflections
from gnomon.step import Result, require_columns, require_crystals
from gnomon.steps.merge.free_set import Chosen, drawn_set, extended_set
from gnomon.steps.merge.french_wilson import amplitudes, mean_intensity
from gnomon.steps.merge.params import MergeParams
from gnomon.steps.merge.reference_basis import group_name
from gnomon.steps.merge.summary import FreeSetFigures, MergeSummary
from gnomon.steps.merge.translations import as_translations, class_means, translations
from gnomon.steps.merge.twinning import twinning_tests
from gnomon.steps.merge.wilson import wilson_plot

_NEEDED = ("miller_index", "intensity.scale.value", "intensity.scale.variance", "inverse_scale_factor", "flags")


def merge(
    experiments: Experiments,
    reflections: Reflections,
    params: MergeParams,
    *,
    reference_free_set: FreeSet | None = None,
) -> Result[MergeSummary, MergedData]:
    """The inputs unchanged; the product is the merged data, the summary has the Wilson plot and the twinning tests.

    reference_free_set: R-free flags of an earlier data set, kept and extended, also where ``generate`` is off.
    Raises InputError where nothing is scaled, or the experiments are no one data set.
    """
    require_crystals("merge", experiments)
    require_columns("merge", reflections, _NEEDED)
    data_set = common_data_set(experiments, params.wavelength_tolerance)
    rows, counts = _choose(reflections, data_set, params)
    _, intensity, variance = scaled_intensities(reflections)
    observed = (reflections["miller_index"][rows], intensity[rows], variance[rows])
    merged = _merged(observed, data_set, params)
    tncs = translations(merged)
    if params.truncate:
        merged = _with_amplitudes(merged, tncs, params)
    free = _free(merged, params, reference_free_set)
    if free is not None:
        merged = replace(merged, free=free.flag)
    return Result(experiments, reflections, _summary(merged, counts, tncs, free, params), merged)


@dataclass(frozen=True)
class Counts:
    """Observations that are scaled, and of these what was left out, and what is merged."""

    scaled: int
    outside: int
    absent: int
    merged: int


def _choose(reflections: Reflections, data_set: DataSet, params: MergeParams) -> tuple[np.ndarray, Counts]:
    """(n,) rows to merge, and what was left out."""
    usable, _, _ = scaled_intensities(reflections)
    if not usable.any():
        raise InputError(f"none of {len(reflections)} reflections is scaled; run scale first")
    d = d_spacing(reflections["miller_index"], data_set.cell)
    inside = (d >= (params.d_min or 0)) & (d <= (params.d_max or np.inf))
    if "partiality" in reflections:
        inside &= reflections["partiality"] >= params.partiality_threshold
    absent = is_absent(reflections["miller_index"], data_set.hall_symbol)
    rows = np.flatnonzero(usable & inside & ~absent)
    if not len(rows):
        raise InputError(
            f"none of {int(usable.sum())} scaled reflections lies in the resolution limits; widen d_min, d_max"
        )
    outside, not_there = int((usable & ~inside).sum()), int((usable & inside & absent).sum())
    return rows, Counts(int(usable.sum()), outside, not_there, len(rows))


Observed = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Indices (N, 3), intensities (N,) and variances (N,)."""


def _merged(observed: Observed, data_set: DataSet, params: MergeParams) -> MergedData:
    hkl, intensity, variance = observed
    groups = group_equivalents(hkl, data_set.hall_symbol)
    mean = _means(groups, intensity, variance, params.use_internal_variance)
    merged = MergedData(
        groups.hkl, data_set.cell, data_set.hall_symbol, data_set.wavelength, mean, names=_names(params)
    )
    if not params.anomalous:
        return merged
    apart = group_equivalents(hkl, data_set.hall_symbol, anomalous=True)
    values = _means(apart, intensity, variance, params.use_internal_variance)
    parent = np.cumsum(np.r_[True, (apart.hkl[1:] != apart.hkl[:-1]).any(axis=1)]) - 1
    plus, minus = (_spread(values, parent, apart.minus == sign, len(merged)) for sign in (False, True))
    return replace(merged, plus=plus, minus=minus)


def _means(groups: Groups, intensity: np.ndarray, variance: np.ndarray, internal: bool) -> Measured:
    """Weighted means; with ``internal`` sigma is at least sqrt(sum w (I - <I>)^2 / ((n - 1) sum w))."""
    found = merge_groups(groups, intensity, variance)
    sigma = found.sigma
    if internal:
        scatter = groups.sum((intensity - found.intensity[groups.label]) ** 2 / variance)
        sigma = np.sqrt(sigma**2 * np.maximum(1, scatter / np.maximum(groups.counts - 1, 1)))
    return Measured(found.intensity, sigma, found.count)


def _spread(values: Measured, parent: np.ndarray, chosen: np.ndarray, n: int) -> Measured:
    """The chosen rows at the places of their parents; nan and 0 elsewhere."""
    intensity, sigma, count = np.full(n, np.nan), np.full(n, np.nan), np.zeros(n, int)
    at = parent[chosen]
    intensity[at], sigma[at], count[at] = values.intensity[chosen], values.sigma[chosen], values.count[chosen]
    return Measured(intensity, sigma, count)


def _with_amplitudes(merged: MergedData, tncs: list[Tncs], params: MergeParams) -> MergedData:
    """Amplitudes of the mean and of each Friedel half, all with the expected intensity of the mean and its class."""
    expected = mean_intensity(merged, class_means(merged, tncs))
    if len(merged) < params.min_reflections:
        expected = np.full(len(merged), np.inf)

    def half(measured: Measured | None) -> Measured | None:
        return None if measured is None else amplitudes(measured, merged, expected)

    mean = amplitudes(merged.mean, merged, expected)
    return replace(merged, mean=mean, plus=half(merged.plus), minus=half(merged.minus))


def _free(merged: MergedData, params: MergeParams, reference: FreeSet | None) -> Chosen | None:
    """The free set: the reference's where one is given; None where none is to be made."""
    if reference is not None:
        return extended_set(merged, reference, params.seed)
    return drawn_set(merged, params.fraction, params.seed) if params.generate else None


def _summary(
    merged: MergedData, counts: Counts, tncs: list[Tncs], free: Chosen | None, params: MergeParams
) -> MergeSummary:
    d, amplitude = d_spacing(merged.hkl, merged.cell), merged.mean.amplitude
    rejected = 0 if amplitude is None else int(np.isnan(amplitude).sum())
    return MergeSummary(
        n_scaled=counts.scaled,
        n_outside=counts.outside,
        n_absent=counts.absent,
        n_observations=counts.merged,
        n_unique=len(merged),
        n_negative=int((merged.mean.intensity < 0).sum()),
        n_amplitudes=None if amplitude is None else len(merged) - rejected,
        n_without_amplitude=rejected,
        d_max=float(d.max()),
        d_min=float(d.min()),
        space_group=group_name(merged.hall_symbol),
        cell=tuple(np.asarray(merged.cell, float).tolist()),
        wavelength=float(merged.wavelength),
        free_set=None if free is None else _free_figures(free),
        wilson=wilson_plot(merged, params.residues),
        twinning=twinning_tests(merged, tncs),
        tncs=as_translations(tncs),
    )


def _free_figures(free: Chosen) -> FreeSetFigures:
    value = free_value(free.flag)
    return FreeSetFigures(int((free.flag == value).sum()), free_label(free.flag), value, free.notes)


def _names(params: MergeParams) -> MtzNames:
    """What the data set is called: by the first of the names given."""
    return MtzNames(params.crystal_name, params.project_name, params.dataset_names[0])
