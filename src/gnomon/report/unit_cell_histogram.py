"""How unit cells are spread, in words and as a picture."""

from __future__ import annotations

from typing import Any

from gnomon.report.canvas import Canvas
from gnomon.report.html.colours import cluster_name, colour_of
from gnomon.report.table import text_table
from gnomon.steps.unit_cell_histogram.summary import CellSpread, UnitCellHistogramSummary

_MOST_OUTLIERS = 50
_WIDTH, _HEIGHT, _MARGIN = 400, 300, 44
"""px, of one histogram, and round it."""


def describe(summary: UnitCellHistogramSummary) -> str:
    """The five numbers of each parameter, the clusters by their size, and the crystals that stand apart."""
    headers = ("", "lowest", "quarter", "median", "three quarters", "highest")
    rows = [(one.name, *(f"{value:.3f}" for value in one.quartiles)) for one in summary.spreads]
    sizes = [summary.labels.count(k) for k in range(max(summary.labels) + 1)]
    shown = ", ".join(f"{cluster_name(k)} {n}" for k, n in enumerate(sizes[:10]))
    lines = [text_table(f"Cells of {len(summary.names)} crystals (Å, degrees)", headers, rows), ""]
    lines.append(f"{len(sizes)} clusters of cells: {shown}{', ...' if len(sizes) > 10 else ''}")
    lines.append(f"{len(summary.outliers)} crystals have a cell that stands apart")
    lines += [f"  {one.name}: {one.reason}" for one in summary.outliers[:_MOST_OUTLIERS]]
    return "\n".join(lines)


def numbers(summary: UnitCellHistogramSummary) -> dict[str, Any]:
    """What the JSON file has: the histograms, and of each crystal its cell and the number of its cluster."""
    crystals = [
        {"name": name, "cell": list(cell), "cluster": label}
        for name, cell, label in zip(summary.names, summary.cells, summary.labels)
    ]
    histograms = {
        one.name: {"quartiles": one.quartiles, "edges": one.edges, "counts": one.counts} for one in summary.spreads
    }
    return {"crystals": crystals, "histograms": histograms, "outliers": [one.name for one in summary.outliers]}


def histograms_png(summary: UnitCellHistogramSummary) -> bytes:
    """The content of a PNG file: six histograms, clusters on top of each other in their colours."""
    canvas = Canvas(3 * _WIDTH, 2 * _HEIGHT)
    for i, one in enumerate(summary.spreads):
        _histogram(canvas, _WIDTH * (i % 3), _HEIGHT * (i // 3), one)
    return canvas.png()


def _histogram(canvas: Canvas, x: float, y: float, spread: CellSpread) -> None:
    left, right, top, bottom = x + _MARGIN, x + _WIDTH - 20, y + 20, y + _HEIGHT - _MARGIN
    low, high = spread.edges[0], spread.edges[-1]
    most = max(map(sum, zip(*spread.counts)))
    for i, (one, other) in enumerate(zip(spread.edges, spread.edges[1:])):
        ends = [left + (right - left) * (edge - low) / (high - low) for edge in (one, other)]
        base = bottom
        for k, counts in enumerate(spread.counts):
            if counts[i]:
                height = (bottom - top) * counts[i] / most
                canvas.bar(ends[0], base - height, max(ends[1] - 1, ends[0] + 1), base, colour_of(k))
                base -= height
    canvas.line([(left, top), (left, bottom), (right, bottom)])
    unit = "angstrom" if spread.name in "abc" else "degrees"  # the font has no Å
    canvas.words((left + right) / 2, bottom + 24, f"{spread.name} / {unit}", at="mm")
    for at, value in ((left, low), (right, high)):
        canvas.words(at, bottom + 10, f"{value:g}", size=11, at="mm")
    canvas.words(left - 6, top, str(most), size=11, at="rm")
