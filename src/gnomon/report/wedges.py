"""What each of many sweeps gave, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gnomon.report.table import text_table


class Gave(Protocol):
    """What is told of a sweep, or of one of its lattices."""

    @property
    def name(self) -> str: ...
    @property
    def spots(self) -> int | None: ...
    @property
    def indexed(self) -> int: ...
    @property
    def images(self) -> str: ...
    @property
    def end(self) -> str: ...


def describe(rows: Sequence[Gave]) -> str:
    """A line a lattice: spots, indexed, the images used, and where its data went or why they were left out."""
    cells = [
        (row.name, "-" if row.spots is None else row.spots, row.indexed, row.images or "-", row.end) for row in rows
    ]
    return text_table("What each sweep gave", ("", "spots", "indexed", "images used", ""), cells)
