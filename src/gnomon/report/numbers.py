"""Numbers as the field prints them."""

from __future__ import annotations

from collections.abc import Iterable
from math import floor, log10

import numpy as np


def with_sd(value: float, sd: float | None) -> str:
    """``5.4289(13)``: the value to the digits that its uncertainty (in brackets, two figures below 20) allows."""
    if sd is None or not np.isfinite(sd):
        return f"{value:.3f}"
    if sd < 1e-6:  # fixed by symmetry
        return f"{value:g}"
    digits = 1 - floor(log10(sd))  # two figures of the uncertainty
    if round(sd * 10.0**digits) >= 20:
        digits -= 1
    digits = max(digits, 0)
    shown = round(sd * 10.0**digits)
    return f"{value:.{digits}f}({shown})"


def vector(values: Iterable[float], decimals: int = 4) -> str:
    """``1.0000, 0.0000, 0.0000``, without minus zeros."""
    return ", ".join(f"{round(float(v), decimals) + 0.0:.{decimals}f}" for v in values)


def braced(values: Iterable[float]) -> str:
    """``{1,0,0.5}``, six figures each, as DIALS prints vectors, without minus zeros."""
    return "{" + ",".join(f"{float(f'{float(v):.6g}') + 0.0:g}" for v in values) + "}"


def matrix_lines(label: str, rows: np.ndarray) -> list[str]:
    """The (3, 3) matrix in three lines behind its label, as DIALS prints it."""
    texts = [", ".join(f"{round(float(v), 4) + 0.0:7.4f}" for v in row) for row in rows]
    starts, ends = (f"{label}{{{{", " " * len(label) + " {", " " * len(label) + " {"), ("},", "},", "}}")
    return [f"{start}{text}{end}" for start, text, end in zip(starts, texts, ends)]
