"""unit_cell_histogram: how the cells of many crystals are spread, and which stand apart."""

from __future__ import annotations

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.data_sets.cell_clusters import cell_clusters
from gnomon.models.experiment import Experiments
from gnomon.models.names import data_set_names
from gnomon.models.reflections import Reflections
from gnomon.step import Result, require_crystals
from gnomon.steps.unit_cell_histogram.params import UnitCellHistogramParams
from gnomon.steps.unit_cell_histogram.summary import CellSpread, UnitCellHistogramSummary
from gnomon.summary import DataSetRemark

PARAMETERS = ("a", "b", "c", "alpha", "beta", "gamma")
MOST_BINS = 2000
"""Of a histogram: more make no picture; bins are made wider where a cell is far from the others."""
ROUNDING = 1e-6
"""Å and degrees: an angle of 90 that is stored as 89.9999999 stands not apart where all others are exact."""


def unit_cell_histogram(
    experiments: Experiments, reflections: Reflections, params: UnitCellHistogramParams
) -> Result[UnitCellHistogramSummary]:
    """Experiments and reflections as they are; the summary has the histograms.

    A cell stands apart where a parameter is beyond Tukey's fences (Exploratory Data Analysis, 1977, section 2D). Raises
    InputError for fewer than two crystals, or experiments without one.
    """
    require_crystals("unit_cell_histogram", experiments)
    if len(experiments) < 2:
        raise InputError(
            f"unit_cell_histogram was given {len(experiments)} crystals, needed two or more; give more files"
        )
    cells = np.array([e.needed_crystal.cell for e in experiments])
    labels = cell_clusters(experiments, params.threshold, params.linkage).labels
    names = data_set_names(experiments)
    spreads = [_spread(name, values, labels, params.steps_per_angstrom) for name, values in zip(PARAMETERS, cells.T)]
    summary = UnitCellHistogramSummary(
        names=tuple(names),
        cells=tuple(map(tuple, cells.tolist())),
        labels=tuple(labels.tolist()),
        spreads=tuple(spreads),
        outliers=tuple(_outliers(names, cells, spreads, params.iqr_ratio)),
    )
    return Result(experiments, reflections, summary)


def _spread(name: str, values: np.ndarray, labels: np.ndarray, steps: float) -> CellSpread:
    """The histogram of values (n,), in whole bins of 1 / steps."""
    low, high = np.floor(values.min() * steps + 1e-6), np.floor(values.max() * steps + 1e-6) + 1
    every = max(1, int(np.ceil((high - low) / MOST_BINS)))
    edges = np.arange(low, high + every, every) / steps
    counts = [np.histogram(values[labels == k], edges)[0].tolist() for k in range(labels.max() + 1)]
    quartiles = np.percentile(values, [0, 25, 50, 75, 100]).tolist()
    return CellSpread(name, tuple(quartiles), tuple(edges.tolist()), tuple(map(tuple, counts)))


def _outliers(
    names: list[str], cells: np.ndarray, spreads: list[CellSpread], ratio: float | None
) -> list[DataSetRemark]:
    if ratio is None:
        return []
    found = []
    for name, cell in zip(names, cells):
        reasons = []
        for value, one in zip(cell.tolist(), spreads):
            _, first, _, third, _ = one.quartiles
            reach = ratio * (third - first) + ROUNDING
            if not first - reach <= value <= third + reach:
                reasons.append(f"{one.name} {value:.3f}, most are {first:.3f} to {third:.3f}")
        if reasons:
            found.append(DataSetRemark(name, "; ".join(reasons)))
    return found
