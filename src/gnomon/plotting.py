"""Plots of what a step tells, as plotly's plain data: drawn by a notebook, or by plotly where that is installed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from gnomon.errors import InputError
from gnomon.pipeline import STEPS, Stage

if TYPE_CHECKING:
    from gnomon.report.html.blocks import Figure, Section
    from gnomon.step import Result


@dataclass(frozen=True)
class Plot:
    """A figure of the page of a step."""

    title: str
    figure: Figure

    def to_dict(self) -> dict[str, Any]:
        """``{"data": [...], "layout": {...}}``, as ``plotly.graph_objects.Figure`` takes it."""
        from gnomon.report.html.rounded import figure_json

        plain = json.loads(figure_json({"data": list(self.figure.traces), "layout": dict(self.figure.layout)}))
        return {**plain, "layout": {"title": self.title, **plain["layout"]}}

    def __repr__(self) -> str:
        return f"Plot({self.title!r}, {len(self.figure.traces)} traces)"

    def _repr_html_(self) -> str:
        """The figure in a frame of its own, for notebooks: it needs no network and no package."""
        from gnomon.report.html.blocks import Section
        from gnomon.report.html.page import page

        whole = page(self.title, [Section(self.title, [self.figure])])
        height = self.figure.height + 260  # px: the heading, the note and the foot of the page
        return f'<iframe srcdoc="{escape(whole)}" width="100%" height="{height}" frameborder="0"></iframe>'


def plots(result: Result[Any, Any]) -> list[Plot]:
    """The figures of the page that the result's step has, none where it has no page.

    Raises InputError for a result that no step made.
    """
    return [
        Plot(figure.title, figure) for section in _stage_of(result).page_sections(result) for figure in _in(section)
    ]


def _stage_of(result: Result[Any, Any]) -> Stage:
    package = type(result.summary).__module__.rpartition(".")[0]
    for stage in STEPS.values():
        if stage.run.partition(":")[0].rpartition(".")[0] == package:
            return stage
    raise InputError("there is nothing to plot: the result has no summary of a step; give what a step returned")


def _in(section: Section) -> Iterator[Figure]:
    from gnomon.report.html.blocks import Columns, Figure

    for block in section.blocks:
        for one in block.blocks if isinstance(block, Columns) else (block,):
            if isinstance(one, Figure):
                yield one
