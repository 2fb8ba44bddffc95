"""The resolution to which scaled data are worth keeping."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.crystal.symmetry import space_group
from gnomon.maths.data_sets.data_set import median_cell
from gnomon.maths.intensities.merging import group_equivalents
from gnomon.maths.intensities.resolution_fit import (
    FEWEST_SHELLS,
    cc_half_known,
    cc_half_resolution,
    crossing_resolution,
    middle_s2,
)
from gnomon.maths.intensities.shells import shells_by_count
from gnomon.maths.intensities.statistics import ShellStatistics, merging_statistics, shell_by_shell
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.step import Result, require_columns, require_crystals
from gnomon.steps.estimate_resolution.params import EstimateResolutionParams
from gnomon.steps.estimate_resolution.summary import EstimateResolutionSummary, ResolutionLimit, Why


def estimate_resolution(
    experiments: Experiments,
    reflections: Reflections,
    params: EstimateResolutionParams,
) -> Result[EstimateResolutionSummary]:
    """The input unchanged; the summary holds the resolution by each limit given, and the lowest of them.

    Karplus & Diederichs 2012, Science 336, 1030; Evans & Murshudov 2013, Acta Cryst. D69, 1204.
    """
    require_crystals("estimate_resolution", experiments)
    require_columns("estimate_resolution", reflections, ("intensity.scale.value", "inverse_scale_factor"))
    observations = _scaled(reflections)
    cell = median_cell(experiments)
    group = space_group(experiments[0].needed_crystal.hall_symbol)
    d_unique = d_spacing(group_equivalents(observations[0], group).hkl, cell)
    shells = shells_by_count(d_unique, params.nbins, params.reflections_per_bin)
    merging = merging_statistics(observations, cell, group, shells=shells, seed=params.seed)
    limits = {name: find(merging.shells) for name, find in _criteria(params).items()}
    reached = [d for d in limits.values() if d is not None]
    summary = EstimateResolutionSummary(
        limits={
            name: ResolutionLimit(getattr(params, name), d, _why(name, merging.shells, params, d))
            for name, d in limits.items()
        },
        data_d_min=float(shells.edges[-1]),
        d_min=max(reached, default=float(shells.edges[-1])),
        shells=shell_by_shell(merging.shells),
    )
    return Result(experiments, reflections, summary)


def _values(name: str, shells: ShellStatistics) -> np.ndarray:
    """(n,) the figure of merit in each shell."""
    fields = {"isigma": "unmerged_i_over_sigma", "misigma": "i_over_sigma", "rmerge": "r_merge"}
    return np.asarray(getattr(shells, fields.get(name, name)), float)


def _why(name: str, shells: ShellStatistics, params: EstimateResolutionParams, d: float | None) -> Why:
    """Why a limit is reached nowhere: "end" of the data, "nowhere" that good, or "unknown"; empty where it is."""
    if d is not None:
        return ""
    values = _values(name, shells)
    known = np.isfinite(values)
    enough = cc_half_known(shells)[1] if name == "cc_half" else known.sum() >= FEWEST_SHELLS
    if not enough:
        return "unknown"
    limit = getattr(params, name)
    good = values[known] <= limit if name == "rmerge" else values[known] >= limit
    return "end" if good.any() else "nowhere"


def _criteria(params: EstimateResolutionParams) -> dict[str, Callable[[ShellStatistics], float | None]]:
    """For each limit that was given, the function that finds where it is reached."""

    def crossing(values: np.ndarray, shells: ShellStatistics, limit: float, **how: Any) -> float | None:
        return crossing_resolution(middle_s2(shells), values, limit, **how)

    finders: dict[str, Callable[[ShellStatistics, float], float | None]] = {
        "cc_half": lambda s, limit: cc_half_resolution(s, limit, params.cc_half_significance_level),
        "isigma": lambda s, limit: crossing(s.unmerged_i_over_sigma, s, limit),
        "misigma": lambda s, limit: crossing(s.i_over_sigma, s, limit),
        "completeness": lambda s, limit: crossing(s.completeness, s, limit, logarithmic=False),
        "rmerge": lambda s, limit: crossing(1 / s.r_merge, s, 1 / limit),
    }

    def at(name: str, limit: float) -> Callable[[ShellStatistics], float | None]:
        return lambda shells: finders[name](shells, limit)

    asked = {name: getattr(params, name) for name in finders}
    return {name: at(name, limit) for name, limit in asked.items() if limit is not None}


def _scaled(reflections: Reflections) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Indices, intensities and variances of the observations that were scaled and are no outliers."""
    keep = reflections.has(Flag.SCALED) & ~reflections.has(Flag.BAD_FOR_SCALING)
    keep &= (reflections["inverse_scale_factor"] > 0) & (reflections["intensity.scale.variance"] > 0)
    if not keep.any():
        raise InputError("estimate_resolution found no scaled reflections; run scale first")
    chosen = reflections.select(keep)
    g = chosen["inverse_scale_factor"]
    return chosen["miller_index"], chosen["intensity.scale.value"] / g, chosen["intensity.scale.variance"] / g**2
