"""What each part of the data does to CC1/2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gnomon.report.table import text_table

_MOST_ROWS = 60


def describe(stats: Mapping[str, Any]) -> str:
    """A row a part, worst first, and which of them spoil the rest."""
    what = "data set" if stats["mode"] == "dataset" else "group of images"
    spoil = dict(zip(stats["spoil"], stats["reasons"]))
    first = [-np.inf if i in spoil else np.nan_to_num(z, nan=np.inf) for i, z in enumerate(stats["z"])]
    order = np.argsort(first, kind="stable")
    rows = [
        [
            stats["names"][i],
            f"{stats['count'][i]:d}",
            f"{stats['rejected'][i]:.1%}".rstrip("%"),
            f"{stats['delta'][i]:.5f}",
            f"{stats['error'][i]:.5f}",
            f"{stats['z'][i]:.1f}",
            "spoils" if i in spoil else "",
        ]
        for i in order[: max(_MOST_ROWS, len(spoil))]
    ]
    title = f"CC1/2 (sigma-tau) is {stats['cc_half']:.5f}; what each {what} contributes to it, least first"
    if len(rows) < len(order):
        title += f" ({len(rows)} of {len(order)})"
    lines = [f"{stats['names'][i]} spoils the rest: {reason}" for i, reason in spoil.items()]
    if not spoil:
        cutoff = f"makes CC1/2 worse and lies {stats['cutoff']:g} robust sigma below the median"
        lines = [f"No {what} spoils the rest: none {cutoff}, and none consists of outliers"]
    headers = [what, "#obs", "%outliers", "dCC1/2", "error", "z", ""]
    return "\n\n".join([text_table(title, headers, rows), "\n".join(lines)])
