"""Axes with their labels and units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

_ROUND = (50, 30, 20, 15, 10, 8, 7, 6, 5, 4.5, 4, 3.5, 3, 2.8, 2.6, 2.4, 2.2, 2, 1.9, 1.8, 1.7, 1.6, 1.5, 1.4, 1.3, 1.2)
_FINE = (1.1, 1.05, 1, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5, 0.45, 0.4)

MOST_NAMES = 40
"""Of data sets along an axis."""


def axis(label: str, **more: Any) -> dict[str, Any]:
    """A linear axis; ``more`` are plotly's names."""
    return {"title": label, **more}


def resolution_axis(s2: Sequence[float] | np.ndarray, label: str = "resolution / Å") -> dict[str, Any]:
    """An axis linear in 1/d^2 (as many reflections in each cm) from 0 to the end of ``s2``, with ticks at round d."""
    end = float(np.max(s2)) * 1.03
    chosen: list[float] = []
    last = 0.0
    for d in (*_ROUND, *_FINE):
        if d**-2 - last > 0.09 * end and d**-2 <= end:
            chosen.append(d)
            last = d**-2
    return axis(label, range=[0, end], tickvals=[d**-2 for d in chosen], ticktext=[f"{d:g}" for d in chosen])


def named_axis(names: Sequence[str]) -> dict[str, Any]:
    """An axis of data sets at 0, 1, 2...: with their names where there is room, without ticks where not."""
    n = len(names)
    shown = {"range": [-0.5, n - 0.5]}
    if n > MOST_NAMES:
        return {**shown, "showticklabels": False, "title": f"{n} data sets"}
    return {**shown, "tickvals": list(range(n)), "ticktext": list(names), "tickangle": -90 if n > 6 else 0}
