"""The pages of merging_statistics, and of several data sets beside each other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gnomon.report.html.blocks import Figure, Section, Table
from gnomon.report.html.figures.axes import axis, resolution_axis
from gnomon.report.html.figures.lines import Curve, many_lines
from gnomon.report.html.figures.shells import middle
from gnomon.report.html.scale import shell_figures
from gnomon.report.merging_statistics import compared_rows
from gnomon.report.scale import shell_table_rows, table_one_rows
from gnomon.steps.merging_statistics.summary import MergingStatisticsSummary

CURVES = (
    ("CC1/2", "cc_half"), ("mean I/sigma", "i_over_sigma"), ("Rmerge", "r_merge"), ("Rmeas", "r_meas"),
    ("Rpim", "r_pim"), ("completeness", "completeness"), ("multiplicity", "multiplicity"), ("CCanom", "cc_anom"),
)  # fmt: skip


def sections(summary: MergingStatisticsSummary) -> list[Section]:
    """Table 1, the curves and the table by shell."""
    one = Table("Table 1", ("", "Overall", "Low", "High"), [list(row) for row in table_one_rows(summary)])
    headers, rows = shell_table_rows(summary)
    table = Table("Merging statistics by resolution", headers, rows, marked=frozenset([len(rows) - 1]))
    return [Section("Summary", (one,)), Section("By resolution", (*shell_figures(summary.shells), table))]


def compared_sections(found: Mapping[str, MergingStatisticsSummary]) -> list[Section]:
    """A table of all data sets, and a figure of each figure of merit with a curve a data set."""
    headers, rows = compared_rows({name: one.overall for name, one in found.items()})
    figures = [_figure(title, key, found) for title, key in CURVES]
    return [
        Section("Summary", (Table("Overall", headers, [list(row) for row in rows]),)),
        Section("By resolution", [f for f in figures if f is not None]),
    ]


def _figure(title: str, key: str, found: Mapping[str, MergingStatisticsSummary]) -> Figure | None:
    """None where no data set has any of it."""
    curves = [
        Curve(name, middle(one.shells), np.array([getattr(shell, key) for shell in one.shells], float))
        for name, one in found.items()
    ]
    curves = [c for c in curves if np.isfinite(np.asarray(c.y, float)).any()]
    ends = np.array([shell.d_min for one in found.values() for shell in one.shells]) ** -2.0
    return many_lines(title, curves, {"x": resolution_axis(np.sort(ends)), "y": axis(title)}) if curves else None
