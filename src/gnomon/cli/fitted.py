"""Tables on a terminal that is too narrow for them: their columns in groups, one group below the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_RULE = re.compile(r"-+(  -+)+")
"""The line under the headings of a table, a run of dashes a column."""


def fitted(text: str, width: int) -> str:
    """The text with tables wider than ``width`` letters broken into groups of columns, the first column in each."""
    lines = text.split("\n")
    done: list[str] = []
    while lines:
        if len(lines) > 1 and len(lines[1]) > width and _RULE.fullmatch(lines[1]):
            length = next((i for i, line in enumerate(lines) if not line.strip()), len(lines))
            table, lines = lines[:length], lines[length:]
            done += _broken(table, width)
        else:
            done.append(lines.pop(0))
    return "\n".join(done)


def _broken(table: Sequence[str], width: int) -> Iterator[str]:
    spans = [match.span() for match in re.finditer("-+", table[1])]
    first, *rest = spans
    groups: list[list[tuple[int, int]]] = [[]]
    for span in rest:
        used = first[1] + sum(end - start + 2 for start, end in groups[-1])
        if groups[-1] and used + span[1] - span[0] + 2 > width:
            groups.append([])
        groups[-1].append(span)
    for i, group in enumerate(groups):
        if i:
            yield ""
        for line in table:
            yield "  ".join(line[start:end].ljust(end - start) for start, end in (first, *group)).rstrip()
