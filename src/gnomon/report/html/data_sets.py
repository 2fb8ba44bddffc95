"""What differs between data sets and along them."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import numpy as np

from gnomon.report.html.blocks import Block, Section, Table
from gnomon.report.html.figures.axes import axis
from gnomon.report.html.figures.points import by_data_set
from gnomon.report.html.tables import MOST_ROWS
from gnomon.steps.scale.summary import DataSetFigures, LeftOut

_COLUMNS = (
    ("observations", "n_observations", "{:d}", ""),
    ("completeness", "completeness", "{:.1%}", "Completeness"),
    ("I/sigma", "i_over_sigma", "{:.1f}", "I/sigma"),
    ("Rmerge", "r_merge", "{:.3f}", "Rmerge"),
    ("CC1/2", "cc_half", "{:.3f}", "CC1/2"),
    ("ΔCC1/2", "delta_cc_half", "{:.4f}", "ΔCC1/2: what CC1/2 of all gains by each data set"),
    ("scale", "scale", "{:.3f}", "Scale"),
    ("B / Å²", "b", "{:.2f}", "Relative B"),
)


def by_data_set_section(rows: Sequence[DataSetFigures], filtered: Sequence[LeftOut]) -> Section:
    """A figure a column and the table; nothing where there is one data set."""
    if len(rows) < 2:
        return Section("By data set")
    names = [row.name for row in rows]
    columns = [c for c in _COLUMNS if any(isfinite(getattr(row, c[1])) for row in rows)]
    blocks: list[Block] = []
    for label, key, _, title in columns:
        if title:
            values = np.array([getattr(row, key) for row in rows], float)
            values[~np.isfinite(values)] = np.nan
            blocks.append(by_data_set(title, names, values, axis(label)))
    cells = [[row.name, *(_shown(getattr(row, key), form) for _, key, form, _ in columns)] for row in rows]
    note = ""
    if len(cells) > MOST_ROWS:
        worth = np.array([row.delta_cc_half if isfinite(row.delta_cc_half) else -np.inf for row in rows])
        cells = [cells[k] for k in np.argsort(worth, kind="stable")]
        note = "Those that add least to CC1/2 first."
    blocks.append(Table("By data set", ["data set", *(label for label, *_ in columns)], cells, note))
    if filtered:
        blocks.append(_filtered(filtered))
    return Section("By data set", blocks)


def _filtered(rows: Sequence[LeftOut]) -> Table:
    cells = [[r.name, _shown(r.delta_cc_half, "{:.4f}"), str(r.cycle), r.reason] for r in rows]
    return Table("Left out by ΔCC1/2", ("data set", "ΔCC1/2", "cycle", "reason"), cells)


def _shown(value: float, form: str) -> str:
    return form.format(value) if isfinite(value) else "-"
