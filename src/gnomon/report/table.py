"""Plain-text tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any


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


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e4 else f"{value:.0f}"
    return str(value)
