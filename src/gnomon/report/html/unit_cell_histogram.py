"""The page of unit_cell_histogram: a histogram of each parameter, and the parameters against each other."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from gnomon.report.html.blocks import Figure, Section
from gnomon.report.html.colours import cluster_name, colour_of
from gnomon.report.html.figures.axes import axis
from gnomon.report.html.figures.thinned import MOST_MARKS, spread, thinned_note
from gnomon.steps.unit_cell_histogram.summary import CellSpread, UnitCellHistogramSummary


def sections(summary: UnitCellHistogramSummary) -> list[Section]:
    """Histograms; edges against each other, a colour a cluster."""
    counted = [_histogram(one) for one in summary.spreads]
    pairs = [_against(summary, i, j) for i, j in combinations(range(3), 2)]
    return [Section("Unit cells", counted), Section("Edges against each other", pairs)]


def _histogram(one: CellSpread) -> Figure:
    edges = np.array(one.edges)
    traces = [
        {"type": "bar", "name": cluster_name(k), "x": (edges[1:] + edges[:-1]) / 2, "y": list(counts),
         "width": np.diff(edges), "marker": {"color": colour_of(k), "line": {"width": 0}},
         "hovertemplate": "%{x:.5~g}: %{y}<extra>%{fullData.name}</extra>"}
        for k, counts in enumerate(one.counts)
    ]  # fmt: skip
    unit = "Å" if one.name in "abc" else "°"
    layout = {"xaxis": axis(f"{one.name} / {unit}"), "yaxis": axis("crystals"), "barmode": "stack", "bargap": 0,
              "showlegend": 1 < len(traces) <= 20}  # fmt: skip
    return Figure(one.name, traces, layout)


def _against(summary: UnitCellHistogramSummary, i: int, j: int) -> Figure:
    cells, labels = np.array(summary.cells), np.array(summary.labels)
    rows, names = spread(len(cells), MOST_MARKS // 3), [one.name for one in summary.spreads]
    traces = []
    for k in np.unique(labels[rows]).tolist():
        own = rows[labels[rows] == k]
        traces.append(
            {"type": "scatter", "mode": "markers", "name": cluster_name(k), "x": cells[own, i], "y": cells[own, j],
             "text": [summary.names[n] for n in own], "marker": {"color": colour_of(k), "size": 5},
             "hovertemplate": "%{text}<br>%{x:.5~g}, %{y:.5~g}<extra>%{fullData.name}</extra>"}
        )  # fmt: skip
    layout = {"xaxis": axis(f"{names[i]} / Å"), "yaxis": axis(f"{names[j]} / Å"), "showlegend": 1 < len(traces) <= 20}
    return Figure(f"{names[j]} against {names[i]}", traces, layout, thinned_note("", len(rows), len(cells), "crystals"))
