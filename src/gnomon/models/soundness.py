"""Numbers that no measurement can have given are taken out, and counted, before they leave a step.

Out of tables of reflections, of what merge and export make for other programs, and of matrices of correlations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

import numpy as np

from gnomon.models.columns import COLUMNS
from gnomon.models.flags import Flag
from gnomon.models.merged import Measured, MergedData
from gnomon.models.reflections import Reflections
from gnomon.models.similarity import Similarity
from gnomon.models.unmerged import UnmergedData

T = TypeVar("T")

ROUNDING = 1e-6
"""By which a number may lie beyond its column's limits."""
MOST_INTENSITY = 1e15
"""A million pixels, each with as many counts as 32 bits hold."""
WORSE = 1e4
"""A fit whose variance is so many times that of the sum over the same counts tells nothing."""
_ESTIMATES: Mapping[str, Flag] = {
    "intensity.sum": Flag.INTEGRATED_SUM,
    "intensity.prf": Flag.INTEGRATED_PRF,
    "intensity.scale": Flag.SCALED,
}


def sound(table: Reflections) -> tuple[Reflections, dict[str, int]]:
    """The table without impossible intensities, and how many of each kind of impossible number there were.

    An intensity that is no finite number, has no positive variance, or is of a row whose partiality or corrections lie
    beyond their limits, loses the flag that says that it was measured, and becomes 0 with variance -1. Other columns
    are only counted.
    """
    if "flags" not in table:
        return table, {}
    counts = {name: int(rows.sum()) for name, rows in _impossible(table).items() if rows.any()}
    broken = np.zeros(len(table), bool)
    for name in ("partiality", "lp", "qe", "d"):
        if name in table:
            broken |= ~_within(name, table[name])
    for name, flag in _ESTIMATES.items():
        if f"{name}.value" in table and f"{name}.variance" in table:
            bad = table.has(flag) & (broken | ~_is_measured(table, name))
            if bad.any():
                table = _without(table, name, flag, bad)
                counts[name] = int(bad.sum())
    return table, counts


def _within(name: str, values: np.ndarray) -> np.ndarray:
    """(N,) bool: finite, and within the limits of the column."""
    column = COLUMNS[name]
    good = np.isfinite(values) & (values >= column.least - ROUNDING) & (values <= column.most + ROUNDING)
    return np.asarray(good.all(axis=tuple(range(1, values.ndim))) if values.ndim > 1 else good)


def _impossible(table: Reflections) -> dict[str, np.ndarray]:
    """For each declared column of numbers but intensities, (N,) bool: which rows are impossible."""
    found = {}
    for name in table:
        declared = name in COLUMNS and isinstance(table[name], np.ndarray) and table[name].dtype.kind == "f"
        if declared and not name.startswith("intensity."):
            found[name] = ~_within(name, table[name])
    return found


def _is_measured(table: Reflections, name: str) -> np.ndarray:
    """(N,) bool: whether this estimate of the intensity has a value and an error that can be."""
    value, variance = table[f"{name}.value"], table[f"{name}.variance"]
    good = (np.abs(value) <= MOST_INTENSITY) & (variance <= MOST_INTENSITY**2) & (variance > 0)  # no NaN is
    if name == "intensity.prf" and "intensity.sum.variance" in table and "partiality" in table:
        part, summed = table["partiality"], table["intensity.sum.variance"]
        both = table.has(Flag.INTEGRATED_SUM) & (summed > 0)
        with np.errstate(over="ignore", invalid="ignore"):
            good &= ~both | (variance * part**2 <= WORSE * summed)
    if name == "intensity.scale" and "inverse_scale_factor" in table:
        g = table["inverse_scale_factor"]
        good &= np.isfinite(g) & (g > 0)
    return np.asarray(good)


def _without(table: Reflections, name: str, flag: Flag, bad: np.ndarray) -> Reflections:
    """The table in which this estimate of ``bad`` (N,) rows is none."""
    columns = {
        f"{name}.value": np.where(bad, 0.0, table[f"{name}.value"]),
        f"{name}.variance": np.where(bad, -1.0, table[f"{name}.variance"]),
    }
    return table.flagged(flag, table.has(flag) & ~bad).with_columns(columns)


def sound_product(product: T) -> tuple[T, list[str]]:
    """What a step made (merged or unmerged data, similarities) without impossible numbers; a sentence a kind."""
    if isinstance(product, MergedData):
        return _sound_merged(product)  # type: ignore[return-value]
    if isinstance(product, UnmergedData):
        return _sound_unmerged(product)  # type: ignore[return-value]
    if isinstance(product, Similarity):
        return _sound_similarity(product)  # type: ignore[return-value]
    return product, []


def _sound_similarity(similarity: Similarity) -> tuple[Similarity, list[str]]:
    """Both matrices with 0 for what cannot be."""
    cc, told = _sound_matrix("correlation", similarity.cc)
    cosines, more = _sound_matrix("cosine", similarity.cosines)
    return replace(similarity, cc=cc, cosines=cosines), [*told, *more]


def _sound_merged(merged: MergedData) -> tuple[MergedData, list[str]]:
    """Merged data in which impossible means are not measured, and impossible amplitudes are none."""
    parts: dict[str, Any] = {}
    told: list[str] = []
    for name, kind in (("mean", "intensities"), ("plus", "I(+)"), ("minus", "I(-)")):
        measured = getattr(merged, name)
        if measured is None:
            continue
        bad = (measured.count > 0) & ~_has_error(measured.intensity, measured.sigma)
        unlike = ~bad & _impossible_amplitudes(measured)
        if bad.any() or unlike.any():
            parts[name] = _not_measured(measured, bad, unlike)
        told += [f"{bad.sum()} merged {kind} are impossible: given as not measured"] if bad.any() else []
        told += [f"{unlike.sum()} amplitudes of {kind} are impossible: left out"] if unlike.any() else []
    return (replace(merged, **parts) if parts else merged), told


def _has_error(value: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """(M,) bool: a finite value with a finite error above zero."""
    return np.asarray(np.isfinite(value) & np.isfinite(sigma) & (sigma > 0))


def _impossible_amplitudes(measured: Measured) -> np.ndarray:
    """(M,) bool: of an amplitude that is given (not nan), below zero, infinite, or without an error above zero."""
    F, sigma = measured.amplitude, measured.amplitude_sigma
    if F is None or sigma is None:
        return np.zeros(len(measured.intensity), bool)
    return np.asarray(~np.isnan(F) & ~(_has_error(F, sigma) & (F >= 0)))


def _not_measured(measured: Measured, bad: np.ndarray, unlike: np.ndarray) -> Measured:
    """Without the intensities of ``bad`` and the amplitudes of both."""
    values = {"intensity": np.where(bad, np.nan, measured.intensity), "sigma": np.where(bad, np.nan, measured.sigma)}
    for name in ("amplitude", "amplitude_sigma"):
        given = getattr(measured, name)
        if given is not None:
            values[name] = np.where(bad | unlike, np.nan, given)
    return replace(measured, count=np.where(bad, 0, measured.count), **values)


def _sound_unmerged(data: UnmergedData) -> tuple[UnmergedData, list[str]]:
    """The observations whose intensity, and fitted one, is finite with an error above zero, as is their scale."""
    good = _has_error(data.intensity, data.sigma)
    if data.profile is not None and data.profile_sigma is not None:
        good &= _has_error(data.profile, data.profile_sigma)
    if data.scale is not None:
        good &= np.isfinite(data.scale) & (data.scale > 0)
    if good.all():
        return data, []
    n = len(good)
    rows = {f.name: getattr(data, f.name) for f in fields(data)}
    kept = {name: v[good] for name, v in rows.items() if isinstance(v, np.ndarray) and name != "cell" and len(v) == n}
    return replace(data, **kept), [f"{(~good).sum()} observations are impossible: not exported"]


def _sound_matrix(kind: str, matrix: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """The matrix with 0, which is what is not known, for elements that are no numbers from -1 to 1."""
    bad = ~np.isfinite(matrix) | (np.abs(matrix) > 1 + ROUNDING)
    if not bad.any():
        return matrix, []
    return np.where(bad, 0.0, matrix), [f"{bad.sum()} elements of the {kind} matrix are impossible: given as 0"]
