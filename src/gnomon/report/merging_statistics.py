"""Merging statistics in words, of one set of data and of several beside each other."""

from __future__ import annotations

from collections.abc import Mapping

from gnomon.maths.intensities.statistics import MergingFigures
from gnomon.report.scale import shell_table, table_one
from gnomon.report.table import text_table
from gnomon.steps.merging_statistics.summary import MergingStatisticsSummary

COMPARED = (
    ("d_min", "d_min", "{:.2f}"), ("#obs", "n_observations", "{:d}"), ("#uniq", "n_unique", "{:d}"),
    ("mult", "multiplicity", "{:.2f}"), ("%comp", "completeness", "{:.1%}"), ("<I/sI>", "i_over_sigma", "{:.1f}"),
    ("Rmerge", "r_merge", "{:.3f}"), ("Rmeas", "r_meas", "{:.3f}"), ("Rpim", "r_pim", "{:.3f}"),
    ("CC1/2", "cc_half", "{:.3f}"), ("CCanom", "cc_anom", "{:.3f}"),
)  # fmt: skip
"""Heading, figure and form of the columns in which data sets are compared."""


def describe(summary: MergingStatisticsSummary) -> str:
    """What was merged, the table by shell, and Table 1."""
    cell = " ".join(f"{x:.2f}" for x in summary.cell)
    first = f"Space group: {summary.space_group}; cell {cell}; {summary.n_rejected} observations were left out"
    return "\n\n".join([first, shell_table(summary), table_one(summary)])


def compared_rows(found: Mapping[str, MergingFigures]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Headings, and a row a data set."""
    rows = [
        (name, *(form.format(getattr(one, key)).rstrip("%") for _, key, form in COMPARED))
        for name, one in found.items()
    ]
    return ("data", *(heading for heading, _, _ in COMPARED)), rows


def compared(found: Mapping[str, MergingStatisticsSummary]) -> str:
    """Data sets beside each other: overall, and in the highest shell of each."""
    overall = {name: one.overall for name, one in found.items()}
    highest = {name: one.shells[-1] for name, one in found.items()}
    return "\n\n".join(
        text_table(title, *compared_rows(figures))
        for title, figures in (("Overall", overall), ("Highest resolution shell", highest))
    )
