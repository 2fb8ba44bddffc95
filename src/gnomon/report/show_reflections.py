"""What a reflection table holds, in readable text."""

from __future__ import annotations

from typing import Any

import numpy as np

from gnomon.models.columns import COLUMNS
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.models.shoeboxes import Shoeboxes
from gnomon.report.table import text_table


def describe_reflections(reflections: Reflections) -> str:
    """Columns with smallest, largest and mean value, flags with how often each is set, rows in each experiment."""
    rows = [_row(name, reflections[name]) for name in sorted(reflections)]
    parts = [
        f"Reflection list contains {len(reflections)} reflections, {len(rows)} columns",
        text_table("", ("column", "min", "max", "mean", "unit"), rows),
    ]
    if "flags" in reflections and len(reflections):
        parts.append(text_table("Flags", ("flag", "reflections"), _flag_rows(reflections)))
    if "id" in reflections and len(reflections):
        numbers, counts = np.unique(reflections["id"], return_counts=True)
        names = [reflections.identifiers.get(int(n), "") for n in numbers]
        table = zip(map(str, numbers), map(str, counts), names)
        parts.append(text_table("Experiments", ("id", "reflections", "identifier"), list(table)))
    return "\n\n".join(parts)


def _flag_rows(reflections: Reflections) -> list[tuple[str, int]]:
    single = [flag for flag in Flag if flag.value.bit_count() == 1]
    counted = [(str(flag.name).lower(), int(reflections.has(flag).sum())) for flag in single]
    return [row for row in counted if row[1]]


def _row(name: str, values: Any) -> tuple[str, ...]:
    unit = COLUMNS[name].unit if name in COLUMNS else ""
    if isinstance(values, Shoeboxes):
        return name, "", "", f"{len(values.data)} pixels", unit
    if values.dtype.kind not in "iufb" or not len(values):
        return name, "", "", "", unit
    numbers = values.reshape(len(values), -1)
    decimals = _decimals(numbers)
    low, high, mean = (
        ", ".join(_number(v, d) for v, d in zip(row, decimals))
        for row in (numbers.min(axis=0), numbers.max(axis=0), numbers.mean(axis=0))
    )
    return name, low, high, mean, unit


def _decimals(numbers: np.ndarray) -> list[int]:
    """Decimals for each component: enough for four figures of its largest value; none for whole numbers."""
    if numbers.dtype.kind in "iub":
        return [0] * numbers.shape[1]
    with np.errstate(invalid="ignore"):
        largest = np.nan_to_num(np.abs(numbers)).max(axis=0)
    return [int(np.clip(3 - np.floor(np.log10(v)), 1, 8)) if v > 0 else 1 for v in largest]


def _number(value: Any, decimals: int) -> str:
    return f"{round(float(value), decimals) + 0.0:.{decimals}f}"  # no minus zero
