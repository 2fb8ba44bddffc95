"""Clusters side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gnomon.report.table import text_table
from gnomon.steps.correlation_matrix.summary import Cluster
from gnomon.steps.scale.summary import ScaleSummary

_FIGURES = (
    ("completeness", "completeness", "{:.1%}"),
    ("multiplicity", "multiplicity", "{:.1f}"),
    ("I/sigma", "i_over_sigma", "{:.1f}"),
    ("Rmeas", "r_meas", "{:.3f}"),
    ("Rpim", "r_pim", "{:.3f}"),
    ("CC1/2", "cc_half", "{:.4f}"),
)


def comparison(parts: Sequence[tuple[str, int, ScaleSummary]]) -> str:
    """A row for each (name, data sets, summary of scale), in that order."""
    return text_table("Clusters compared", *comparison_rows(parts))


def comparison_rows(parts: Sequence[tuple[str, int, ScaleSummary]]) -> tuple[list[str], list[list[str]]]:
    """Headings, and the rows of :func:`comparison`."""
    headers = ["", "data sets", "cell (Å, degrees)", "group", "d_min", *(header for header, _, _ in _FIGURES)]
    return headers, [_row(*part) for part in parts]


def _row(name: str, n: int, summary: ScaleSummary) -> list[str]:
    figures = [_shown(getattr(summary.overall, key), form) for _, key, form in _FIGURES]
    cell = " ".join(f"{x:.2f}" for x in summary.cell)
    return [name, str(n), cell, summary.space_group, f"{summary.overall.d_min:.2f}", *figures]


def _shown(value: float, form: str) -> str:
    return form.format(value) if math.isfinite(value) else "-"


def memberships(names: Sequence[str], clusters: Sequence[Cluster]) -> str:
    """A line a cluster with the names of its data sets, then those that are in none."""
    lines = [f"{c.name}: {', '.join(names[k] for k in c.members)}" for c in clusters]
    taken = {k for c in clusters for k in c.members}
    rest = [name for k, name in enumerate(names) if k not in taken]
    return "\n".join([*lines, *([f"in no cluster: {', '.join(rest)}"] if rest else [])])
