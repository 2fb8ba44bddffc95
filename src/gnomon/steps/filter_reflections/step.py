"""Filter: the reflections that meet all that is asked."""

from __future__ import annotations

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.ice import on_rings, powder_rings
from gnomon.maths.geometry.reciprocal_positions import (
    Prism,
    in_crystal_frame,
    places_on_detector,
    reciprocal_positions,
)
from gnomon.maths.geometry.resolutions import resolutions
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.step import Result, require_columns
from gnomon.steps.filter_reflections.expression import flagged
from gnomon.steps.filter_reflections.params import FilterReflectionsParams
from gnomon.steps.filter_reflections.summary import FilterReflectionsSummary, Taken

FULL = 0.99
"""The part recorded from which a reflection counts as whole."""
_SPOILT = Flag.OVERLOADED | Flag.FAILED_DURING_SUMMATION | Flag.FAILED_DURING_PROFILE_FITTING


def filter_reflections(
    experiments: Experiments,
    reflections: Reflections,
    params: FilterReflectionsParams,
) -> Result[FilterReflectionsSummary]:
    """The experiments as they were, and the reflections that are left; the summary says how many each filter took.

    Experiments may be empty where no filter needs them. Raises InputError where nothing is asked, a column is
    missing, or nothing is left.
    """
    keep = np.ones(len(reflections), bool)
    taken = []
    for what, passes in _filters(experiments, reflections, params):
        taken.append(Taken(what, int((keep & ~passes).sum())))
        keep &= passes
    if not taken:
        raise InputError("filter_reflections was told nothing to do; give flag_expression=, d_min=, id= or another")
    if not keep.any():
        last = ", ".join(f"{one.what}: {one.reflections}" for one in taken)
        raise InputError(f"none of {len(keep)} reflections is left ({last}); ask for less")
    summary = FilterReflectionsSummary(given=len(keep), kept=int(keep.sum()), taken=tuple(taken))
    return Result(experiments, reflections.select(keep), summary)


def passing(experiments: Experiments, reflections: Reflections, params: FilterReflectionsParams) -> np.ndarray:
    """(N,) bool: the rows that meet all that is asked; all of them where nothing is. Raises as the step does."""
    keep = np.ones(len(reflections), bool)
    for _, passes in _filters(experiments, reflections, params):
        keep &= passes
    return keep


def _filters(
    experiments: Experiments, reflections: Reflections, params: FilterReflectionsParams
) -> list[tuple[str, np.ndarray]]:
    """(what, (N,) bool of those that pass) of each filter asked for."""
    found = []
    if params.flag_expression is not None:
        require_columns("filter_reflections", reflections, ["flags"])
        found.append((f"not {params.flag_expression}", flagged(params.flag_expression, reflections["flags"])))
    for name in ("id", "imageset_id", "panel"):
        wanted = getattr(params, name)
        if wanted is not None:
            require_columns("filter_reflections", reflections, [name])
            found.append((f"of another {name}", np.isin(reflections[name].astype(np.int64), wanted)))
    found += _by_resolution(experiments, reflections, params)
    found += _by_part(reflections, params)
    found += _by_spot(experiments, reflections, params)
    if params.select_good_intensities:
        found.append(("no good intensity", good_intensities(reflections)))
    return found


def _by_resolution(
    experiments: Experiments, reflections: Reflections, params: FilterReflectionsParams
) -> list[tuple[str, np.ndarray]]:
    if params.d_min is None and params.d_max is None and not params.ice_rings:
        return []
    if "d" not in reflections and not len(experiments):
        raise InputError("filter_reflections needs the resolution: the table has no column d; give the .expt file too")
    d = resolutions(experiments, reflections)
    found = []
    if params.d_min is not None:
        found.append((f"beyond {params.d_min:g} Å", np.isfinite(d) & (d >= params.d_min)))
    if params.d_max is not None:
        found.append((f"nearer than {params.d_max:g} Å", d <= params.d_max))
    if params.ice_rings:
        known = d[np.isfinite(d)]
        last = params.rings_d_min or float(known.min(initial=1.0))
        rings = powder_rings(last, params.unit_cell, params.space_group)
        found.append(("on ice rings", ~on_rings(d, rings, params.width)))
    return found


def _by_part(reflections: Reflections, params: FilterReflectionsParams) -> list[tuple[str, np.ndarray]]:
    """By the part of the reflection that was recorded; both ends count as within."""
    low, high = params.partiality_min, params.partiality_max
    if low is None and high is None:
        return []
    require_columns("filter_reflections", reflections, ["partiality"])
    part = reflections["partiality"]
    return [("of another partiality", (part >= (low or 0.0)) & (part <= (1.0 if high is None else high)))]


def _by_spot(
    experiments: Experiments, reflections: Reflections, params: FilterReflectionsParams
) -> list[tuple[str, np.ndarray]]:
    """By the images, the size and the place in reciprocal space of the spots."""
    found = []
    if params.image_range is not None:
        first, last = params.image_range
        image = image_numbers(reflections)
        found.append((f"outside images {first} to {last}", (image >= first) & (image <= last)))
    if params.n_signal is not None:
        require_columns("filter_reflections", reflections, ["n_signal"])
        least, most = params.n_signal
        size = reflections["n_signal"]
        found.append((f"of other than {least} to {most} strong pixels", (size >= least) & (size <= most)))
    if params.polygon is not None:
        found.append(("outside the polygon", in_region(experiments, reflections, params)))
    return found


def image_numbers(reflections: Reflections) -> np.ndarray:
    """(N,) the image on which each was seen, or is predicted; 0 where neither is known."""
    z = places_on_detector(reflections)[:, 2]
    return np.where(np.isnan(z), 0, np.floor(z) + 1).astype(np.int64)


def in_region(experiments: Experiments, reflections: Reflections, params: FilterReflectionsParams) -> np.ndarray:
    """(N,) bool: in the prism above the polygon. Raises InputError without experiments."""
    if not len(experiments):
        raise InputError("filter_reflections needs the geometry for region.polygon; give the .expt file too")
    require_columns("filter_reflections", reflections, ["id", "panel"])
    positions, _ = reciprocal_positions(experiments, reflections)
    if params.crystal_frame:
        positions = in_crystal_frame(positions, np.maximum(reflections["id"], -1), experiments)
    corners = np.reshape(np.array(params.polygon, float), (-1, 2))
    prism = Prism(corners, np.array(params.right), np.array(params.up), params.depth or (-np.inf, np.inf))
    return prism.holds(positions)


def good_intensities(reflections: Reflections) -> np.ndarray:
    """(N,) bool: integrated by every method the table has, whole, with positive variances, in no overload."""
    require_columns("filter_reflections", reflections, ["flags", "intensity.sum.variance"])
    good = reflections.has(Flag.INTEGRATED_SUM) & ~reflections.has(_SPOILT)
    good &= (reflections["intensity.sum.variance"] > 0) & (reflections.get("partiality", np.ones(len(good))) >= FULL)
    if "intensity.prf.variance" in reflections:
        good &= reflections.has(Flag.INTEGRATED_PRF) & (reflections["intensity.prf.variance"] > 0)
    return np.asarray(good)
