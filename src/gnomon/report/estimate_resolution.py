"""How far the data reach, by each figure of merit asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gnomon.report.table import text_table

_NAMES = {
    "cc_half": "CC1/2",
    "isigma": "unmerged <I/sigma>",
    "misigma": "merged <I/sigma>",
    "completeness": "completeness",
    "rmerge": "Rmerge",
}


def limit_rows(stats: Mapping[str, Any]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Headings, and a row for each limit that was asked for."""
    end = f"{stats['data_d_min']:.2f} (end of the data)"
    rows: list[tuple[str, ...]] = [
        (_NAMES[name], f"{found['asked']:g}", end if found["d"] is None else f"{found['d']:.2f}")
        for name, found in stats["limits"].items()
    ]
    return ("figure", "limit", "d / Å"), rows


def describe(stats: Mapping[str, Any]) -> str:
    """The resolution by each limit, and the one to use."""
    table = text_table("Resolution limits", *limit_rows(stats))
    return f"{table}\n\nUse d_min={stats['d_min']:.2f}"
