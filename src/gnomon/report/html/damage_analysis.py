"""The page of damage_analysis: completeness and R of pairs by dose, and how much to keep."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import numpy as np

from gnomon.report.html.blocks import Block, Figure, Section, Table, Tile, Tiles, Words
from gnomon.report.html.figures.axes import axis
from gnomon.report.html.figures.lines import Curve, lines
from gnomon.steps.damage_analysis.summary import DamageAnalysisSummary


def sections(summary: DamageAnalysisSummary) -> list[Section]:
    """The advice, the curves by dose, and the crystals."""
    dose = np.asarray(summary.dose, float)
    most = float(dose.max(initial=0.0))
    kept = summary.keep >= most
    tiles = Tiles(
        [
            Tile("Keep up to", f"{summary.keep:g}", "good" if kept else "look", f"of {most:g}, in the unit of dose"),
            Tile(
                "Change per dose",
                f"{summary.k:.3%}" if isfinite(summary.k) else "-",
                "",
                "of intensities, of themselves",
            ),
        ]
    )
    figures = [
        _by_dose("Completeness by dose", dose, summary.completeness, "completeness", "Good: full well before the end."),
        _by_dose(
            "Multiplicity by dose", dose, summary.multiplicity, "observations / reflection", "Good: rises steadily."
        ),
        _by_dose(
            "Rcp by dose", dose, summary.rcp, "Rcp", "Good: level after the start. A steady rise: radiation damage."
        ),
        _by_dose(
            "Scp by dose",
            dose,
            summary.scp,
            "Scp",
            "Good: near 1, noise alone, all along. A rise: damage beyond noise.",
        ),
        _by_dose(
            "Rd by difference of dose",
            np.asarray(summary.difference, float),
            summary.rd,
            "Rd",
            "Good: level: pairs far apart agree as well as near ones. A slope: damage.",
        ),
    ]
    blocks: list[Block] = [tiles, Words(summary.sentences, listed=True), *(f for f in figures if f is not None)]
    if len(summary.crystals) > 1:
        blocks.append(_crystals(summary))
    return [Section("Radiation damage", blocks)]


def _by_dose(title: str, x: np.ndarray, y: Sequence[float], label: str, good: str) -> Figure | None:
    values = np.asarray(y, float)
    if not np.isfinite(values).any():
        return None
    axes = {"x": axis("dose"), "y": axis(label, rangemode="tozero")}
    return lines(title, [Curve(label, x, values, mode="lines+markers")], axes, good=good)


def _crystals(summary: DamageAnalysisSummary) -> Table:
    known = sorted(summary.crystals, key=lambda c: -c.significance if isfinite(c.significance) else np.inf)
    rows = [(c.name, str(c.n_pairs), _shown(c.rcp), _shown(100 * c.k), _shown(c.significance)) for c in known]
    headers = ("crystal", "pairs", "Rcp", "% per dose", "sigma")
    return Table("Crystals, surest change first", headers, rows)


def _shown(value: float) -> str:
    return f"{value:.3f}" if isfinite(value) else "-"
