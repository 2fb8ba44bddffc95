"""Sections to one page that needs nothing else: style, script, data and plotly.js are all inside.

Of plotly.js only the part for plots on plane axes (docs/decisions/2026-11-30-plots-in-pages.md).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from itertools import count, groupby
from pathlib import Path
from urllib.parse import quote

from gnomon.report.html.blocks import Block, Columns, Figure, Links, Section, Table, Tiles, Words
from gnomon.report.html.rounded import packed_json
from gnomon.report.html.tables import MOST_ROWS, table_html

_ASSETS = Path(__file__).parent / "assets"
_PLOTLY = "plotly-cartesian.min.js"
_UNFOLDED = 24
"""Links in the contents that a screen of a laptop shows at once."""


def page(title: str, sections: Sequence[Section], about: str = "", linked: Sequence[str] | None = None) -> str:
    """The whole page; ``about`` is the line at its foot (program, version, command, date).

    linked: addresses of scripts beside plotly's and the page's own, where those are served beside the page, as
    ``page.css``, ``page.js`` and ``plotly.js``, and not inside it.
    """
    numbers = count()
    anchors = _anchors(sections)
    body = "\n".join(_section(s, a, numbers) for s, a in zip(sections, anchors))
    style, scripts = _inside(bool(next(numbers))) if linked is None else _beside(linked)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n{style}\n</head><body>\n"
        f"<header><h1>{escape(title)}</h1></header>\n{_contents(sections, anchors)}\n<main>\n{body}\n</main>\n"
        f"<footer>{escape(about)}</footer>\n{scripts}\n</body></html>\n"
    )


ASSETS = {"page.css": "page.css", "page.js": "page.js", "plotly.js": _PLOTLY}
"""Names under which a page asks for what is not inside it, and the files' own."""


def asset(name: str) -> bytes:
    """The content of one of :data:`ASSETS`."""
    return (_ASSETS / ASSETS[name]).read_bytes()


def _inside(has_figures: bool) -> tuple[str, str]:
    """Style and scripts whole."""
    style, script, plotly = (asset(name).decode("utf-8") for name in ASSETS)
    figures = f"<script>{plotly}</script>\n" if has_figures else ""
    return f"<style>\n{style}</style>", f"{figures}<script>\n{script}</script>"


def _beside(more: Sequence[str]) -> tuple[str, str]:
    """Links to style and scripts."""
    scripts = "\n".join(f'<script src="{escape(name)}"></script>' for name in ("plotly.js", "page.js", *more))
    return '<link rel="stylesheet" href="page.css">', scripts


def _anchors(sections: Sequence[Section]) -> list[str]:
    """An anchor each, all different."""
    return [f"{re.sub('[^a-z0-9]+', '-', s.title.lower()).strip('-')}-{i}" for i, s in enumerate(sections)]


def _contents(sections: Sequence[Section], anchors: Sequence[str]) -> str:
    """Links to all sections, those of a group folded under its name, so that they fit a screen."""
    parts, state = [], " open" if len(sections) <= _UNFOLDED else ""
    for group, members in groupby(zip(sections, anchors), key=lambda pair: pair[0].group):
        links = "".join(f'<li><a href="#{a}">{escape(s.title)}</a></li>' for s, a in members)
        parts.append(
            f"<li><details{state}><summary>{escape(group)}</summary><ul>{links}</ul></details></li>" if group else links
        )
    return (
        f'<nav aria-label="Contents"><details open><summary>Contents</summary><ul>{"".join(parts)}</ul></details></nav>'
    )


def _section(section: Section, anchor: str, numbers: count[int]) -> str:
    heading = f"{section.group}: {section.title}" if section.group else section.title
    state = " open" if section.open else ""
    parts = [f'<section id="{anchor}"><details{state}><summary><h2>{escape(heading)}</h2></summary>']
    for is_figure, blocks in groupby(section.blocks, key=lambda b: isinstance(b, Figure)):
        inside = "\n".join(_block(b, numbers) for b in blocks)
        parts.append(f'<div class="figures">{inside}</div>' if is_figure else inside)
    return "\n".join([*parts, "</details></section>"])


def _block(block: Block, numbers: count[int]) -> str:
    if isinstance(block, Figure):
        return _figure(block, next(numbers))
    if isinstance(block, Table):
        return table_html(block)
    if isinstance(block, Columns):
        return f'<div class="columns">{"".join(_block(b, numbers) for b in block.blocks)}</div>'
    if isinstance(block, Links):
        links = ", ".join(f'<a href="{quote(to)}">{escape(words)}</a>' for words, to in block.links)
        return f"<p>Beside this page: {links}</p>" if links else ""
    return _tiles(block) if isinstance(block, Tiles) else _words(block)


def _figure(figure: Figure, number: int) -> str:
    packed, data = packed_json({"traces": figure.traces, "layout": figure.layout, "pairs": figure.pairs})
    told = "".join(f"<p>{escape(text)}</p>" for text in (figure.note, figure.good) if text)
    return (
        f'<figure class="{"wide" if figure.wide else "half"}"><h3>{escape(figure.title)}</h3>'
        f'<div class="plot" role="img" aria-label="{escape(figure.spoken)}" style="height:{figure.height}px" '
        f'data-figure="figure-{number}"></div>'
        f"<figcaption>{told}</figcaption>"
        f'<script type="application/json"{packed} id="figure-{number}">{data}</script></figure>'
    )


def _tiles(tiles: Tiles) -> str:
    cells = [
        f'<div class="tile {t.verdict}"><span>{escape(t.label)}</span><strong>{escape(t.value)}</strong>'
        f"<small>{escape(t.beside)}</small></div>"
        for t in tiles.tiles
    ]
    return f'<div class="tiles">{"".join(cells)}</div>'


def _words(words: Words) -> str:
    if words.plain:
        return "".join(f'<pre tabindex="0">{escape(s)}</pre>' for s in words.sentences)
    if words.listed:
        more = len(words.sentences) - MOST_ROWS
        shown = [*words.sentences[:MOST_ROWS], *([f"and {more} more, which the log has"] if more > 0 else [])]
        return f"<ul>{''.join(f'<li>{escape(s)}</li>' for s in shown)}</ul>"
    return "".join(f"<p>{escape(s)}</p>" for s in words.sentences)
