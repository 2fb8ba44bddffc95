"""What each part of the data does to CC1/2."""

from __future__ import annotations

import numpy as np

from gnomon.report.table import text_table
from gnomon.steps.compute_delta_cchalf.summary import ComputeDeltaCchalfSummary

_MOST_ROWS = 60


def describe(summary: ComputeDeltaCchalfSummary) -> str:
    """A row a part, worst first, and which of them spoil the rest."""
    what = "data set" if summary.mode == "dataset" else "group of images"
    parts, spoil = summary.parts, sum(part.spoils for part in summary.parts)
    order = np.argsort([-np.inf if p.spoils else np.nan_to_num(p.z, nan=np.inf) for p in parts], kind="stable")
    rows = [
        [
            part.name,
            f"{part.count:d}",
            f"{part.rejected:.1%}".rstrip("%"),
            f"{part.delta:.5f}",
            f"{part.error:.5f}",
            f"{part.z:.1f}",
            "spoils" if part.spoils else "",
        ]
        for part in (parts[i] for i in order[: max(_MOST_ROWS, spoil)])
    ]
    title = f"CC1/2 (sigma-tau) is {summary.cc_half:.5f}; what each {what} contributes to it, least first"
    if len(rows) < len(order):
        title += f" ({len(rows)} of {len(order)})"
    lines = list(summary.sentences)
    if not spoil:
        cutoff = f"makes CC1/2 worse and lies {summary.cutoff:g} robust sigma below the median"
        lines = [f"No {what} spoils the rest: none {cutoff}, and none consists of outliers"]
    headers = [what, "#obs", "%outliers", "dCC1/2", "error", "z", ""]
    return "\n\n".join([text_table(title, headers, rows), "\n".join(lines)])
