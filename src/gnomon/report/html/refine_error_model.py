"""The page of refine_error_model."""

from __future__ import annotations

from gnomon.report.html.blocks import Section, Table, Tile, Tiles
from gnomon.report.html.figures.axes import axis
from gnomon.report.html.figures.lines import Curve, lines
from gnomon.report.refine_error_model import HEADERS, rows
from gnomon.steps.scale.summary import RefineErrorModelSummary


def sections(summary: RefineErrorModelSummary) -> list[Section]:
    """The model, and deviations by intensity before and after."""
    numbers = (("a", f"{summary.a:.3f}"), ("b", f"{summary.b:.4f}"), ("I/sigma limit", f"{summary.isa:.1f}"))
    x = [(b.high + b.low) / 2 for b in summary.bins]
    curves = [
        Curve(name, x, [getattr(b, key) for b in summary.bins], mode="lines+markers")
        for name, key in (("integrated sigmas", "before"), ("with the model", "after"))
    ]
    axes = {"x": axis("mean intensity", type="log"), "y": axis("mean squared deviation", rangemode="tozero")}
    table = Table("By intensity", HEADERS, [list(row) for row in rows(summary)])
    blocks = (Tiles([Tile(*one) for one in numbers]), lines("Deviations among equivalents", curves, axes), table)
    return [Section("Error model", blocks)]
