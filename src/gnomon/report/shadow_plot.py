"""How much the goniometer hides along the scan, as text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gnomon.report.table import text_table
from gnomon.steps.shadow_plot.summary import ShadowPlotSummary, SweepShadows

_WIDTH = 30
_DARK, _LIGHT = 0.2, 0.8


def describe(summary: ShadowPlotSummary) -> str:
    """A table a sweep with a bar an image, and what it says of the description of the parts."""
    return "\n\n".join(_sweep(sweep, summary.rim) for sweep in summary.sweeps)


def _sweep(sweep: SweepShadows, rim: int) -> str:
    columns = (sweep.image, sweep.angle, sweep.shaded, sweep.inside, sweep.outside)
    top = max(sweep.shaded)
    rows = [
        (
            str(i),
            f"{angle:.1f}",
            f"{part:.2%}",
            _ratio(inside),
            _ratio(outside),
            "*" * round(_WIDTH * part / (top or 1)),
        )
        for i, angle, part, inside, outside in zip(*columns)
    ]
    headers = ("image", "angle (°)", "in shadow", "bright inside", f"{rim} px outside", "")
    table = text_table(f"Sweep {sweep.experiment}", headers, rows)
    return f"{table}\n\n{_verdict(sweep)}"


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _verdict(sweep: SweepShadows) -> str:
    """Whether it is dark inside the shadow and light outside it."""
    shaded = np.array(sweep.shaded)
    inside, outside = (_mean(values, shaded) for values in (sweep.inside, sweep.outside))
    if inside is None or outside is None:
        return "no shadow falls on the images looked at"
    text = f"in shadow it is {inside:.2f} as bright as at the same resolution in light, just outside {outside:.2f}"
    said = {
        (True, True): "the parts stand elsewhere than described",
        (True, False): "the parts are smaller than described, or turn another way",
        (False, True): "the parts are larger than described, or there are more of them",
        (False, False): "the description fits",
    }
    return f"{text}: {said[inside > _DARK, outside < _LIGHT]}"


def _mean(values: Sequence[float | None], weight: np.ndarray) -> float | None:
    there = np.array([v is not None for v in values]) & (weight > 0)
    if not there.any():
        return None
    return float(np.average([v for v, t in zip(values, there) if t and v is not None], weights=weight[there]))
