"""What came of many simulated crystals beside what they are."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from gnomon.report.table import text_table


class Figures(Protocol):
    """What is told."""

    @property
    def data_sets(self) -> int: ...
    @property
    def in_one_setting(self) -> int: ...
    @property
    def cell_error(self) -> np.ndarray: ...
    @property
    def clusters(self) -> dict[str, dict[str, int]]: ...


def describe(figures: Figures) -> str:
    """A table of clusters and species, then settings and cells in a line each."""
    species = sorted({name for counts in figures.clusters.values() for name in counts})
    rows = [[name, *(str(counts.get(s, 0)) for s in species)] for name, counts in figures.clusters.items()]
    cells = 100 * np.abs(figures.cell_error)
    return "\n".join(
        [
            text_table("Against the truth of the simulation: crystals of each species", ["", *species], rows),
            "",
            f"{figures.in_one_setting} of {figures.data_sets} data sets are indexed in one setting",
            f"cells are {np.median(cells):.4f} % off in the median, {cells.max():.4f} % at most",
        ]
    )
