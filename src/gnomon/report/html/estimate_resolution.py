"""The page of estimate_resolution: the limits, and the figures of merit they were found on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gnomon.report.estimate_resolution import advice, limit_rows
from gnomon.report.html.blocks import Section, Table, Tile, Tiles
from gnomon.report.html.scale import shell_figures


def sections(stats: Mapping[str, Any]) -> list[Section]:
    """What to use, why, and the curves."""
    use = advice(stats).partition("Use d_min=")[2]
    tiles = Tiles([
        Tile("Use d_min", f"{use} Å" if use else "not known"),
        Tile("End of the data", f"{stats['data_d_min']:.2f} Å"),
    ])  # fmt: skip
    headers, rows = limit_rows(stats)
    limits = Table("Resolution limits", headers, [list(row) for row in rows])
    return [Section("Summary", (tiles, limits)), Section("By resolution", shell_figures(stats["shells"]))]
