"""The page of refine: how well spots fit, where each model went, and how the fit came there."""

from __future__ import annotations

from math import isfinite

import numpy as np

from gnomon.report.html.blocks import Block, Section, Table, Tile, Tiles, Verdict, Words
from gnomon.report.html.figures.axes import axis
from gnomon.report.html.figures.lines import Curve, lines
from gnomon.steps.refine.summary import RefineSummary

_GOOD, _FAIR = 0.5, 1.0
"""px and images: residuals of well-found geometry stay below half a pixel and half an image; above one, boxes miss."""


def sections(summary: RefineSummary) -> list[Section]:
    """Residuals of each experiment and panel, moves, parameters and the course of the fit."""
    worst = np.nanmax([e.rmsd for e in summary.experiments], axis=0, initial=0.0)
    tiles = Tiles(
        [
            *(Tile(f"Worst r.m.s. of {n}", f"{w:.2f}", _verdict(float(w)), u) for n, w, u in zip("xyz", worst, _UNITS)),
            Tile(
                "Chi-squared",
                f"{summary.chi_squared:.2f}" if isfinite(summary.chi_squared) else "-",
                "",
                "1: as errors say",
            ),
        ]
    )
    blocks: list[Block] = [tiles, Words(summary.sentences, listed=True), _experiments(summary)]
    if summary.panels:
        rows = [(f"{p.detector}.{p.panel}", p.name, str(p.n_used), *_three(p.rmsd)) for p in summary.panels]
        blocks.append(Table("Panels", ("panel", "name", "spots", "x / px", "y / px", "z / images"), rows))
    return [Section("Summary", blocks), Section("The fit", _fit(summary), open=False)]


_UNITS = ("px", "px", "images")


def _verdict(value: float) -> Verdict:
    return "good" if value < _GOOD else "look" if value < _FAIR else "bad"


def _three(values: tuple[float, ...]) -> list[str]:
    return [f"{v:.3f}" if isfinite(v) else "-" for v in values]


def _experiments(summary: RefineSummary) -> Table:
    rows = [
        (
            str(e.experiment),
            str(e.n_indexed),
            str(e.n_used),
            str(e.n_outliers),
            *_three(e.rmsd),
            "yes" if e.scan_varying else "no",
        )
        for e in summary.experiments
    ]
    headers = ("experiment", "indexed", "used", "outliers", "x / px", "y / px", "z / images", "varies along the scan")
    return Table("Experiments", headers, rows, "R.m.s. of predicted minus observed of the spots used.")


def _fit(summary: RefineSummary) -> list[Block]:
    blocks: list[Block] = []
    if len(summary.steps) > 1:
        number = np.arange(1, len(summary.steps) + 1)
        curves = [
            Curve("x / mm", number, [s.x for s in summary.steps], mode="lines+markers"),
            Curve("y / mm", number, [s.y for s in summary.steps], mode="lines+markers"),
            Curve("rotation / °", number, [s.angle for s in summary.steps], mode="lines+markers"),
        ]
        axes = {"x": axis("step", dtick=max(1, len(number) // 10)), "y": axis("r.m.s. residual", type="log")}
        good = "Good: falls and then stays. Still falling at the end: not converged."
        blocks.append(lines("The fit step by step", curves, axes, good=good))
    rows = [(p.name, f"{p.value:.5g}", f"{p.uncertainty:.2g}") for p in summary.parameters]
    if rows:
        blocks.append(Table("Parameters", ("parameter", "went by", "standard deviation"), rows))
    moves = [
        (str(i), " ".join(f"{v:+.3f}" for v in m.shift), f"{m.beam_tilt:.4f}") for i, m in enumerate(summary.moves)
    ]
    if moves:
        blocks.append(Table("Moves", ("detector", "centre by / mm", "beam by / °"), moves))
    return blocks
