"""The page of plot_scan_varying_model: curves along each scan."""

from __future__ import annotations

from collections.abc import Sequence

from gnomon.report.html.blocks import Figure, Section
from gnomon.report.html.figures.lines import Curve, lines
from gnomon.report.plot_scan_varying_model import BEAM, CELL, TURNS, columns
from gnomon.steps.plot_scan_varying_model.summary import PlotScanVaryingModelSummary, VaryingModel


def sections(summary: PlotScanVaryingModelSummary) -> list[Section]:
    """A section an experiment that varies: cell edges, angles, volume, orientation, beam."""
    told = "from the mean orientation" if summary.relative else "from the laboratory's axes"
    return [
        Section(f"Experiment {model.experiment}", _figures(model, told)) for model in summary.models if columns(model)
    ]


def _figures(model: VaryingModel, told: str) -> list[Figure]:
    edges = [_figure(model, name, (name,)) for name in CELL[:3]]
    return [
        figure
        for figure in (
            *edges,
            _figure(model, "cell angles / °", CELL[3:]),
            _figure(model, "volume / Å³", ("volume / Å³",)),
            _figure(model, f"turns {told} / °", TURNS),
            *(_figure(model, name, (name,)) for name in BEAM),
        )
        if figure is not None
    ]


def _figure(model: VaryingModel, title: str, names: Sequence[str]) -> Figure | None:
    """Curves of what varies among the names; None where nothing of it does."""
    varying = columns(model)
    curves = [Curve(name, model.angle, varying[name]) for name in names if name in varying]
    axes = {"x": {"title": {"text": "angle / °"}}, "y": {"title": {"text": title}}}
    return lines(title, curves, axes) if curves else None
