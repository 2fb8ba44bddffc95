"""Tables as HTML; the page's script sorts them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape

from gnomon.report.html.blocks import Table

MOST_ROWS = 200
"""Of a table on a page; who makes a longer one puts first what needs a look."""


def table_html(table: Table) -> str:
    """The table in a box that scrolls by itself, everything escaped; numbers aligned right."""
    n = len(table.rows)
    if n > MOST_ROWS:
        note = f"{table.note} The first {MOST_ROWS} of {n} rows.".strip()
        table = replace(table, rows=table.rows[:MOST_ROWS], note=note)
    head = "".join(f'<th scope="col"><button>{escape(h)}</button></th>' if h else "<td></td>" for h in table.headers)
    body = "".join(_row(row, i in table.marked) for i, row in enumerate(table.rows))
    note = f"<p>{escape(table.note)}</p>" if table.note else ""
    caption = escape(table.caption)
    return (
        f'<div class="table"><h3>{caption}</h3>{note}'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{caption}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></div>"
    )


def _row(row: Sequence[str], marked: bool) -> str:
    first, *others = (escape(cell) for cell in row)
    kinds = [' class="number"' if _is_number(cell) else "" for cell in row[1:]]
    cells = "".join(f"<td{kind}>{cell}</td>" for kind, cell in zip(kinds, others))
    return f'<tr{" class=marked" if marked else ""}><th scope="row">{first}</th>{cells}</tr>'


def _is_number(cell: str) -> bool:
    return cell in ("", "-") or (cell[0] in "+-.0123456789" and cell.strip("+-.0123456789eE*% ") == "")
