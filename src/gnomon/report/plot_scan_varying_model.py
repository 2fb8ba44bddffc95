"""How models change along the scan, in words."""

from __future__ import annotations

import numpy as np

from gnomon.report.table import text_table
from gnomon.steps.plot_scan_varying_model.summary import PlotScanVaryingModelSummary, VaryingModel

CELL = ("a / Å", "b / Å", "c / Å", "alpha / °", "beta / °", "gamma / °")
TURNS = ("about e1 / °", "about e2 / °", "about e3 / °")
BEAM = ("beam fast / px", "beam slow / px")
MOST_ROWS = 25
"""Scan points of a table: what one reads; the record has them all."""


def describe(summary: PlotScanVaryingModelSummary) -> str:
    """A table an experiment: what varies, at scan points evenly along the scan."""
    return "\n\n".join(map(_table, summary.models)) or "no experiment has a scan: nothing varies along it"


def columns(model: VaryingModel) -> dict[str, tuple[float, ...]]:
    """What varies, by its heading."""
    found = dict(zip(CELL, model.cell)) | ({"volume / Å³": model.volume} if model.volume else {})
    return found | dict(zip(TURNS, model.orientation)) | dict(zip(BEAM, model.beam_centre))


def _table(model: VaryingModel) -> str:
    varying = columns(model)
    if not varying:
        return f"Experiment {model.experiment}: nothing varies along the scan"
    rows = np.unique(np.linspace(0, len(model.image) - 1, min(MOST_ROWS, len(model.image))).round().astype(int))
    cells = [(f"{model.image[i]:g}", f"{model.angle[i]:.2f}", *(f"{v[i]:.4f}" for v in varying.values())) for i in rows]
    return text_table(f"Experiment {model.experiment}", ("image", "angle / °", *varying), cells)
