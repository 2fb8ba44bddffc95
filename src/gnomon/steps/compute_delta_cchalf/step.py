"""CC1/2 of scaled data with and without each part of them."""

from __future__ import annotations

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.crystal.symmetry import space_group
from gnomon.maths.data_sets.data_parts import Parts, data_sets, image_groups
from gnomon.maths.data_sets.data_set import median_cell, scaled_intensities
from gnomon.maths.intensities.agreement import Observed
from gnomon.maths.intensities.delta_cc_half import DeltaCCHalf, delta_cc_half
from gnomon.maths.intensities.merging import group_equivalents
from gnomon.maths.intensities.scaled_rows import crossing_of
from gnomon.maths.intensities.shells import shells_by_count
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.names import data_set_names
from gnomon.models.reflections import Reflections
from gnomon.models.subset import subset
from gnomon.step import Result, require_columns, require_crystals
from gnomon.steps.compute_delta_cchalf.params import ComputeDeltaCchalfParams
from gnomon.steps.compute_delta_cchalf.summary import ComputeDeltaCchalfSummary, PartFigures
from gnomon.summary import Decision


def compute_delta_cchalf(
    experiments: Experiments,
    reflections: Reflections,
    params: ComputeDeltaCchalfParams,
) -> Result[ComputeDeltaCchalfSummary]:
    """The data without the parts that spoil CC1/2; the summary holds what each part contributes.

    Scales stay as they are: scale again what is left (scale filtering.method=deltacchalf does both).
    Assmann, Brehm & Diederichs 2016, J. Appl. Cryst. 49, 1021. Raises InputError where nothing is scaled.
    """
    require_crystals("compute_delta_cchalf", experiments)
    require_columns("compute_delta_cchalf", reflections, ("intensity.scale.value", "inverse_scale_factor"))
    names = data_set_names(experiments)
    if params.mode == "dataset":
        parts = data_sets(experiments, names)
    else:
        parts = image_groups(experiments, names, params.group_size)
    part = _part_of_rows(parts, experiments, reflections)
    found = _contributions(experiments, reflections, (part, len(parts)), params)
    bad = np.flatnonzero(found.spoils(params.stdcutoff))
    return Result(*_without(experiments, reflections, parts, (part, bad)), _summary(parts, found, bad.tolist(), params))


def _summary(
    parts: Parts, found: DeltaCCHalf, bad: list[int], params: ComputeDeltaCchalfParams
) -> ComputeDeltaCchalfSummary:
    """What each part does, and why the ``bad`` ones are left out."""
    what = "data set" if params.mode == "dataset" else "group of images"
    rejected, spoils = np.broadcast_to(found.rejected, found.delta.shape), np.isin(np.arange(len(parts)), bad)
    columns = [values.tolist() for values in (found.count, rejected, found.delta, found.error, found.z, spoils)]
    figures = tuple(PartFigures(name, *row) for name, row in zip(parts.names, zip(*columns)))
    decisions = tuple(
        Decision(
            f"{figures[p].name} spoils the rest",
            found.reason(p, what),
            {"delta": figures[p].delta, "z": figures[p].z, "rejected": figures[p].rejected},
            "stdcutoff",
            link=": ",
        )
        for p in bad
    )
    return ComputeDeltaCchalfSummary(
        mode=params.mode, cc_half=found.cc_half, cutoff=params.stdcutoff, parts=figures, decisions=decisions
    )


def _part_of_rows(parts: Parts, experiments: Experiments, reflections: Reflections) -> np.ndarray:
    """(n_rows,) the part of each row, -1 for rows of no experiment."""
    identity = reflections["id"]
    return np.where(identity >= 0, parts.of(np.maximum(identity, 0), crossing_of(reflections, experiments)), -1)


def _contributions(
    experiments: Experiments, reflections: Reflections, parts: tuple[np.ndarray, int], params: ComputeDeltaCchalfParams
) -> DeltaCCHalf:
    usable, intensity, variance = scaled_intensities(reflections, with_light=True)
    cell = median_cell(experiments)
    group = space_group(experiments[0].needed_crystal.hall_symbol)
    resolution = d_spacing(reflections["miller_index"], cell)
    inside = (parts[0] >= 0) & (resolution >= (params.d_min or 0)) & (resolution <= (params.d_max or np.inf))
    outliers = inside & reflections.has(Flag.OUTLIER_IN_SCALING)
    usable &= inside
    groups = group_equivalents(reflections["miller_index"][usable], group)
    several = groups.counts > 1
    if not several.any():
        raise InputError("compute_delta_cchalf found no scaled reflection with equivalents; run scale first")
    d = d_spacing(groups.hkl, cell)
    shells = shells_by_count(d[several], params.nbins, 25)
    observed = Observed(groups, intensity[usable], variance[usable])
    found = delta_cc_half(observed, parts[0][usable], parts[1], (shells, d), params.seed)
    return found.with_rejected(np.bincount(parts[0][outliers], minlength=parts[1]))


def _without(
    experiments: Experiments, reflections: Reflections, parts: Parts, bad: tuple[np.ndarray, np.ndarray]
) -> tuple[Experiments, Reflections]:
    """Without the parts ``bad[1]``: whole experiments go, rows of single groups of images are flagged as excluded."""
    rows = np.isin(bad[0], bad[1])
    excluded = rows | reflections.has(Flag.USER_EXCLUDED_IN_SCALING)
    return subset(experiments, reflections.flagged(Flag.USER_EXCLUDED_IN_SCALING, excluded), parts.left_without(bad[1]))
