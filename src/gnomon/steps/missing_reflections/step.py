"""missing_reflections: connected regions of the asymmetric unit in which nothing was measured.

What is missing by chance is scattered; a blind region, a shadow, the corners of the detector or overloads leave
regions that hang together.
"""

from __future__ import annotations

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.crystal.symmetry import Group, space_group, to_asu
from gnomon.maths.data_sets.data_set import common_data_set, scaled_intensities
from gnomon.maths.intensities.shells import possible_indices
from gnomon.maths.numerics.connected import connected_sets
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.step import Result, require_columns, require_crystals
from gnomon.steps.missing_reflections.params import MissingReflectionsParams
from gnomon.steps.missing_reflections.summary import MissingReflectionsSummary, MissingRegion

NEIGHBOURS = np.array([(1, 0, 0), (0, 1, 0), (0, 0, 1)])
"""Steps of index between neighbours; their opposites too."""


def missing_reflections(
    experiments: Experiments, reflections: Reflections, params: MissingReflectionsParams
) -> Result[MissingReflectionsSummary]:
    """Experiments and reflections as they are; the summary has the regions that are missing, the largest first.

    Measured is what scaling kept, or what was integrated, or where nothing was, what is indexed. Regions go on to the
    lowest resolution where no d_max is given, as behind a beam stop; completeness is that of the range of the data.
    Raises InputError where nothing is measured, or the crystals have different space groups.
    """
    require_crystals("missing_reflections", experiments)
    require_columns("missing_reflections", reflections, ("miller_index",))
    data = common_data_set(experiments, np.inf)
    group = space_group(data.hall_symbol)
    hkl = np.unique(to_asu(reflections["miller_index"][_measured(reflections)], group)[0], axis=0)
    d = d_spacing(hkl, data.cell)
    inside = (d >= (params.d_min or 0)) & (d <= (params.d_max or np.inf)) & np.isfinite(d)
    if not inside.any():
        raise InputError("missing_reflections found no measured reflection within d_min and d_max; widen them")
    d_min, d_max = params.d_min or float(d[inside].min()), params.d_max or float(d[inside].max())
    possible = to_asu(possible_indices(data.cell, group, d_min, d_max), group)[0]
    missing = possible[~_among(possible, hkl)]
    every = to_asu(possible_indices(data.cell, group, d_min), group)[0]
    searched = every if params.d_max is None else possible  # what is missing below all data belongs to a region, too
    regions = _regions(searched[~_among(searched, hkl)], data.cell, len(searched), group)
    told = tuple(r for r in regions if r.n >= params.min_component_size)
    summary = MissingReflectionsSummary(
        space_group=group.xhm(),
        cell=tuple(data.cell.tolist()),
        d_max=d_max,
        d_min=d_min,
        n_possible=len(possible),
        n_missing=len(missing),
        completeness=1 - len(missing) / len(possible),
        completeness_to_infinity=(len(possible) - len(missing)) / len(every),
        regions=told,
        n_regions_left_out=len(regions) - len(told),
    )
    return Result(experiments, reflections, summary)


def _measured(reflections: Reflections) -> np.ndarray:
    """(N,) bool: rows that count as measured."""
    indexed = (reflections["miller_index"] != 0).any(axis=1)
    if {"intensity.scale.value", "intensity.scale.variance", "inverse_scale_factor"} <= set(reflections):
        return indexed & scaled_intensities(reflections)[0]
    if "flags" in reflections and (integrated := _integrated(reflections)).any():
        return indexed & integrated
    return indexed


def _integrated(reflections: Reflections) -> np.ndarray:
    return reflections.has(Flag.INTEGRATED_SUM) | reflections.has(Flag.INTEGRATED_PRF)


def _key(hkl: np.ndarray) -> np.ndarray:
    """(N,) int64, one for each index."""
    h = hkl.astype(np.int64) + (1 << 20)
    return (h[:, 0] << 42) | (h[:, 1] << 21) | h[:, 2]


def _among(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(N,) bool: whether each index of ``one`` (N, 3) is among ``other`` (M, 3)."""
    return np.isin(_key(one), _key(other))


def _regions(missing: np.ndarray, cell: np.ndarray, n_possible: int, group: Group) -> list[MissingRegion]:
    """Connected components of neighbours, largest first; neighbours across the edge of the asymmetric unit count."""
    if not len(missing):
        return []
    order = np.argsort(_key(missing))
    ordered = _key(missing)[order]
    pairs = []
    for step in (*NEIGHBOURS, *-NEIGHBOURS):
        near = _key(to_asu(missing + step, group)[0])
        at = np.clip(np.searchsorted(ordered, near), 0, len(ordered) - 1)
        hit = np.flatnonzero(ordered[at] == near)
        pairs.append(np.column_stack([hit, order[at[hit]]]))
    i, j = np.concatenate(pairs).T
    label = connected_sets(i, j, len(missing))
    d = d_spacing(missing, cell)
    found = [
        MissingRegion(int(n), n / n_possible, float(d[label == k].max()), float(d[label == k].min()))
        for k, n in enumerate(np.bincount(label))
    ]
    return sorted(found, key=lambda r: (-r.n, -r.d_max))
