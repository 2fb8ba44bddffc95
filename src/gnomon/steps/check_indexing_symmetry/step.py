"""check_indexing_symmetry: whether reflections that should be equivalent are, and would be more so indexed otherwise.

A beam centre that is off by one lattice row shifts all indices: then h and -h no longer agree, and do so again under
the shift that puts it right.
"""

from __future__ import annotations

from itertools import product

import gemmi
import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.change_of_basis import correlation, matched, mean_intensities
from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.crystal.symmetry import operations, to_asu
from gnomon.maths.data_sets.data_set import integrated_intensities, median_cell, scaled_intensities
from gnomon.maths.intensities.merging import group_equivalents, others
from gnomon.maths.intensities.shells import shells_by_count
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.step import Result, require_columns, require_crystals
from gnomon.steps.check_indexing_symmetry.params import CheckIndexingSymmetryParams
from gnomon.steps.check_indexing_symmetry.summary import (
    CheckIndexingSymmetrySummary,
    OperatorCorrelation,
    ShiftCorrelation,
)

FEWEST = 3  # pairs of which a correlation is told
Shift = tuple[int, int, int]


def check_indexing_symmetry(
    experiments: Experiments, reflections: Reflections, params: CheckIndexingSymmetryParams
) -> Result[CheckIndexingSymmetrySummary]:
    """Experiments and reflections as they are; the summary has a correlation for each operator and shift of indices.

    Raises InputError where the crystals have different space groups, or there are no intensities.
    """
    require_crystals("check_indexing_symmetry", experiments)
    require_columns("check_indexing_symmetry", reflections, ("miller_index",))
    symbols = {e.needed_crystal.hall_symbol for e in experiments}
    if len(symbols) > 1:
        raise InputError(f"the crystals have different space groups ({', '.join(sorted(symbols))}); give one at a time")
    symbol = next(iter(symbols))
    hkl, intensity = _chosen(experiments, reflections, params)
    shifts = _shifts(hkl, intensity, params, symbol)
    told = _operators(hkl, intensity, symbol, params.symop_threshold)
    known = [s for s in shifts if s.cc is not None]
    summary = CheckIndexingSymmetrySummary(
        space_group=_name(operations(symbol)),
        index_min=_shift(hkl.min(axis=0)),
        index_max=_shift(hkl.max(axis=0)),
        shifts=tuple(shifts),
        best_shift=max(known, key=lambda s: s.cc or 0.0).shift if known else None,
        operators=tuple(told),
        derived_group=_name(_generated(told, symbol)) if params.symop_threshold else None,
    )
    return Result(experiments, reflections, summary)


def _chosen(
    experiments: Experiments, reflections: Reflections, params: CheckIndexingSymmetryParams
) -> tuple[np.ndarray, np.ndarray]:
    """Indices (N, 3) and intensities (N,) within the limits of resolution."""
    I = _intensities(reflections)
    hkl = reflections["miller_index"]
    d = d_spacing(hkl, median_cell(experiments))
    good = np.isfinite(I) & (hkl != 0).any(axis=1) & (d >= params.d_min) & (d <= (params.d_max or np.inf))
    if not good.any():
        raise InputError("check_indexing_symmetry found no indexed intensities within d_min and d_max; widen them")
    hkl, I, d = hkl[good], I[good], d[good]
    if params.normalise:
        shells = shells_by_count(d, params.normalise_bins or 20, 1 if params.normalise_bins else 200)
        shell = np.maximum(shells.of(d), 0)
        mean = np.bincount(shell, I, len(shells)) / np.maximum(np.bincount(shell, minlength=len(shells)), 1)
        I = I / np.where(mean[shell] > 0, mean[shell], np.inf)
    return hkl, I


def _intensities(reflections: Reflections) -> np.ndarray:
    """(N,) the best intensities that the table has, nan where there is none."""
    if {"intensity.scale.value", "inverse_scale_factor"} <= set(reflections):
        return scaled_intensities(reflections)[1]
    for kind, flag in (("prf", Flag.INTEGRATED_PRF), ("sum", Flag.INTEGRATED_SUM)):
        if f"intensity.{kind}.value" in reflections and reflections.has(flag).any():
            return integrated_intensities(reflections, kind)[0]
    require_columns("check_indexing_symmetry", reflections, ("intensity.sum.value",))
    return np.asarray(reflections["intensity.sum.value"], float)  # of spots


def _shifts(hkl: np.ndarray, I: np.ndarray, params: CheckIndexingSymmetryParams, symbol: str) -> list[ShiftCorrelation]:
    """Correlations of all shifts of the grid; none where no grid is given."""
    reach = [max(params.grid, own) for own in (params.grid_h, params.grid_k, params.grid_l)]
    if not any(reach):
        return []
    h, k, l = (range(-n, n + 1) for n in reach)
    agree = _by_group if params.asu else _by_mates
    return [ShiftCorrelation(shift, *_told(agree(hkl + np.array(shift), I, symbol))) for shift in product(h, k, l)]


def _by_mates(hkl: np.ndarray, I: np.ndarray, _: str) -> tuple[np.ndarray, np.ndarray]:
    """Mean intensities of h and of -h, each pair once."""
    unique, mean = mean_intensities(hkl.astype(np.int32), I)
    i, j = matched(unique, -unique)
    return mean[i[i < j]], mean[j[i < j]]


def _by_group(hkl: np.ndarray, I: np.ndarray, symbol: str) -> tuple[np.ndarray, np.ndarray]:
    """Intensities that have equivalents, and the means of these."""
    groups = group_equivalents(hkl, symbol)
    mean, weight = others(groups, I, np.ones(len(I)))
    return I[weight > 0], mean[weight > 0]


def _operators(hkl: np.ndarray, I: np.ndarray, symbol: str, threshold: float) -> list[OperatorCorrelation]:
    """The correlation of mean intensities, Friedel mates as one, with their images under each operator."""
    unique, mean = mean_intensities(to_asu(hkl, "P 1")[0], I)
    found = []
    for op in operations(symbol).sym_ops:
        W = np.array(op.rot) // gemmi.Op.DEN
        i, j = matched(unique, to_asu(unique @ W, "P 1")[0])
        moved = (i != j) | (np.eye(3, dtype=int) == W).all()
        n, cc = _told((mean[i[moved]], mean[j[moved]]))
        found.append(OperatorCorrelation(op.triplet(), n, cc, not threshold or (cc is not None and cc > threshold)))
    return found


def _told(pairs: tuple[np.ndarray, np.ndarray]) -> tuple[int, float | None]:
    n = len(pairs[0])
    cc = correlation(pairs) if n >= FEWEST else np.nan
    return n, float(cc) if np.isfinite(cc) else None


def _generated(found: list[OperatorCorrelation], symbol: str) -> gemmi.GroupOps:
    """The group that the operators above the threshold generate, with the lattice's centring."""
    ops = [gemmi.Op(one.operator) for one in found if one.kept]
    centring = [gemmi.Op().translated(list(c)) for c in operations(symbol).cen_ops]
    group = gemmi.GroupOps([gemmi.Op(text) for text in sorted({op.triplet() for op in (*ops, *centring)})])
    group.add_missing_elements()
    return group


def _name(group: gemmi.GroupOps) -> str:
    known = gemmi.find_spacegroup_by_ops(group)
    return (
        str(known.xhm()) if known is not None else f"a group of {len(group.sym_ops)} operators in no tabulated setting"
    )


def _shift(values: np.ndarray) -> Shift:
    h, k, l = (int(v) for v in values)
    return h, k, l
