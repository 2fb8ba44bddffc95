"""The page of estimate_resolution: the limits, and the figures of merit they were found on."""

from __future__ import annotations

from gnomon.report.estimate_resolution import advice, limit_rows
from gnomon.report.html.blocks import Section, Table, Tile, Tiles
from gnomon.report.html.scale import shell_figures
from gnomon.steps.estimate_resolution.summary import EstimateResolutionSummary


def sections(summary: EstimateResolutionSummary) -> list[Section]:
    """What to use, why, and the curves."""
    use = advice(summary).partition("Use d_min=")[2]
    tiles = Tiles([
        Tile("Use d_min", f"{use} Å" if use else "not known"),
        Tile("End of the data", f"{summary.data_d_min:.2f} Å"),
    ])  # fmt: skip
    headers, rows = limit_rows(summary)
    limits = Table("Resolution limits", headers, [list(row) for row in rows])
    return [Section("Summary", (tiles, limits)), Section("By resolution", shell_figures(summary.shells))]
