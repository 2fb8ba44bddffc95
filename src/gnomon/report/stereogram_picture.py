"""The stereogram as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gnomon.report.canvas import Canvas
from gnomon.report.html.colours import COLOURS
from gnomon.steps.stereographic_projection.summary import StereographicProjectionSummary

SIZE = 900
"""px, of each side."""
_RADIUS = 400
_MOST_NAMES = 20


@dataclass(frozen=True)
class Marks:
    """How directions are drawn: radius of dots (px), colours and names of crystals in turn, whether with indices."""

    size: float = 3.0
    labelled: bool = False
    colours: Sequence[str] = COLOURS
    names: Sequence[str] = ()


def stereogram_png(summary: StereographicProjectionSummary, marks: Marks) -> bytes:
    """The content of a PNG file: the disc, a dot a direction, and the names of crystals where these are few."""
    canvas, middle = Canvas(SIZE, SIZE), SIZE / 2
    canvas.circle(middle, middle, _RADIUS, edge="#30343b")
    for dx, dy in ((8, 0), (0, 8)):
        canvas.line([(middle - dx, middle - dy), (middle + dx, middle + dy)])
    for i, crystal in enumerate(summary.crystals):
        colour = marks.colours[i % len(marks.colours)]
        for hkl, x, y in zip(crystal.hkl, crystal.x, crystal.y):
            at = middle + _RADIUS * x, middle - _RADIUS * y
            canvas.circle(*at, marks.size, fill=colour)
            if marks.labelled:
                canvas.words(at[0] + marks.size + 2, at[1], ",".join(map(str, hkl)), size=11)
        if 1 < len(summary.crystals) <= _MOST_NAMES:
            canvas.circle(14, 16 + 18 * i, 4, fill=colour)
            canvas.words(24, 16 + 18 * i, marks.names[i] if marks.names else crystal.name)
    return canvas.png()
