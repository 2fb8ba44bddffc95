"""What a page is made of: sections of words, tiles, tables and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Verdict = Literal["good", "look", "bad", ""]
"""Good; worth a look; bad; or no judgement."""


@dataclass(frozen=True)
class Words:
    """Sentences, a paragraph each, or a list of points; ``plain``: as the log has them, spaces and all."""

    sentences: Sequence[str]
    listed: bool = False
    plain: bool = False


@dataclass(frozen=True)
class Tile:
    """One number to see first, what it is, whether it is well, and a few words beside it."""

    label: str
    value: str
    verdict: Verdict = ""
    beside: str = ""


@dataclass(frozen=True)
class Tiles:
    """Numbers side by side."""

    tiles: Sequence[Tile]


@dataclass(frozen=True)
class Table:
    """Cells as they are to be shown; a click on a heading sorts. ``marked``: the rows to stand out."""

    caption: str
    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    marked: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Figure:
    """A plotly figure as plain data; the page draws it when it comes into view.

    ``pairs``: names of the rows and columns of a heat map, from which the page makes the words on hover.
    ``height`` in pixels; ``wide``: over the whole width of the page. ``good``: a sentence of what good looks like.
    """

    title: str
    traces: Sequence[Mapping[str, Any]]
    layout: Mapping[str, Any]
    note: str = ""
    pairs: Sequence[str] = ()
    height: int = 320
    wide: bool = False
    good: str = ""

    @property
    def spoken(self) -> str:
        """What the figure shows, for who cannot see it."""
        axes = [self.layout.get(key, {}).get("title") for key in ("xaxis", "yaxis")]
        curves = dict.fromkeys(str(trace["name"]) for trace in self.traces if trace.get("name"))
        kind = "heat map" if any(trace.get("type") == "heatmap" for trace in self.traces) else "plot"
        across, up = (str(text) for text in axes) if all(axes) else ("", "")
        what = f"{kind} of {up} against {across}" if up else kind
        told = f": {', '.join(list(curves)[:6])}" if curves else ""
        return f"{self.title}, {what}{told}. {self.good}".strip()


@dataclass(frozen=True)
class Columns:
    """Tables and figures side by side, where the screen is wide enough."""

    blocks: Sequence[Table | Figure]


@dataclass(frozen=True)
class Links:
    """Links (words, address) to files beside the page."""

    links: Sequence[tuple[str, str]]


Block = Words | Tiles | Table | Figure | Columns | Links


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it, top to bottom; figures that follow each other share rows.

    ``open``: whether it is unfolded when the page opens. ``group``: the heading in the contents that it stands under.
    """

    title: str
    blocks: Sequence[Block] = field(default_factory=tuple)
    open: bool = True
    group: str = ""
