"""Plain-text tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

MOST_ROWS = 48
"""Rows of a long table."""


def text_table(title: str, headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table as text under its title: columns aligned right, the first left; floats in four figures."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(h), *(len(row[i]) for row in cells), 1) for i, h in enumerate(headers)]

    def line(values: Sequence[str]) -> str:
        first, *others = values
        return "  ".join([first.ljust(widths[0]), *(v.rjust(w) for v, w in zip(others, widths[1:]))]).rstrip()

    rule = "  ".join("-" * w for w in widths)
    body = [line(list(headers)), rule, *(line(row) for row in cells)]
    return "\n".join([title, *body] if title else body)


def long_table(
    title: str, headers: Sequence[str], rows: Sequence[Sequence[Any]], badness: Sequence[float], why: str
) -> str:
    """The table of all ``rows``, or, where there are too many to read, of the ``MOST_ROWS`` with the greatest badness.

    These keep their order, and a last line says how many are not listed. ``why`` says what makes a row worth listing.
    """
    if len(rows) <= MOST_ROWS:
        return text_table(title, headers, rows)
    worst = sorted(range(len(rows)), key=lambda i: (-badness[i], i))[:MOST_ROWS]
    table = text_table(title, headers, [rows[i] for i in sorted(worst)])
    return f"{table}\n({len(rows) - MOST_ROWS} more are not listed: these are the {MOST_ROWS} {why})"


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e4 else f"{value:.0f}"
    return str(value)
