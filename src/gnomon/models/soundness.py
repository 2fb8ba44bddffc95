"""Numbers that no measurement can have given are taken out of a table, and counted, before they leave a step."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gnomon.models.columns import COLUMNS
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections

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
