"""The data sets one by one: how good each is, what each does to CC1/2, what was left out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gnomon.report.table import text_table
from gnomon.steps.scale.summary import LeftOut, ScaleSummary

_MOST_ROWS = 60
_COLUMNS = (
    ("#obs", "n_observations", "{:d}"),
    ("outliers", "n_outliers", "{:d}"),
    ("%comp", "completeness", "{:.1%}"),
    ("I/sigma", "i_over_sigma", "{:.1f}"),
    ("Rmerge", "r_merge", "{:.3f}"),
    ("CC1/2", "cc_half", "{:.3f}"),
    ("CCothers", "cc_others", "{:.3f}"),
    ("dCC1/2", "delta_cc_half", "{:.5f}"),
    ("z", "delta_cc_half_z", "{:.1f}"),
    ("scale", "scale", "{:.3f}"),
    ("B", "b", "{:.2f}"),
)


def data_set_table(summary: ScaleSummary) -> str:
    """A row a data set; of more than 60 those that contribute least to CC1/2. Nothing for a single one."""
    records = list(enumerate(summary.data_sets))
    if len(records) < 2:
        return ""
    title = "Data sets (Rmerge against the mean of all; CC1/2 among its own equivalents; dCC1/2 < 0: spoils the rest)"
    if len(records) > _MOST_ROWS:
        worst = sorted(records, key=lambda r: np.nan_to_num(r[1].delta_cc_half_z, nan=-np.inf))
        title = f"The {_MOST_ROWS} of {len(records)} data sets" + title.removeprefix("Data sets") + ", worst first"
        records = worst[:_MOST_ROWS]
    rows = [[str(i), r.name, *(_shown(getattr(r, key), form) for _, key, form in _COLUMNS)] for i, r in records]
    return text_table(title, ["number", "name", *(header for header, _, _ in _COLUMNS)], rows)


def _shown(value: float, form: str) -> str:
    return "-" if np.isnan(value) else form.format(value).rstrip("%")


def filtering_lines(summary: ScaleSummary) -> list[str]:
    """What filtering left out, cycle by cycle, and why it ended; nothing where there was none."""
    filtering = summary.filtering
    if filtering is None:
        return []
    lines = left_out_lines(summary.filtered)
    cc_half = " -> ".join(f"{value:.4f}" for value in filtering.cc_half)
    lines.append(
        f"Filtering: {filtering.percent_removed:.1f} % of the observations left out in {filtering.cycles} "
        f"cycles; CC1/2 (sigma-tau) {cc_half}; ended because {filtering.ended}"
    )
    return lines


def left_out_lines(filtered: Sequence[LeftOut]) -> list[str]:
    """A line for each data set or group of images left out."""
    lines = [f"Left out {f.name} (cycle {f.cycle}): {f.reason}" for f in filtered[:_MOST_ROWS]]
    more = len(filtered) - len(lines)
    return [*lines, f"... and {more} more"] if more > 0 else lines
