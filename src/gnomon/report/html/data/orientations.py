"""Whether crystals lie one way more than others: their axes on a stereogram."""

from __future__ import annotations

from typing import Any

import numpy as np

from gnomon.maths.geometry.stereographic import alignment, axis_directions, projected
from gnomon.models.names import data_set_names
from gnomon.report.html.blocks import Block, Figure
from gnomon.report.html.colours import COLOURS
from gnomon.report.html.data.seen import Seen
from gnomon.report.html.figures.axes import axis
from gnomon.report.html.figures.thinned import MOST_MARKS, spread, thinned_note

_FEWEST = 3  # crystals, of which an orientation can be said to be preferred
_AXES = (("a*", (1, 0, 0)), ("b*", (0, 1, 0)), ("c*", (0, 0, 1)))


def orientation_blocks(seen: Seen) -> list[Block]:
    """The stereogram of a*, b* and c* of all crystals, seen along the beam; nothing of fewer than three."""
    names = data_set_names(seen.experiments)
    found = [(name, e.crystal) for name, e in zip(names, seen.experiments) if e.crystal is not None]
    if len(found) < _FEWEST:
        return []
    rows = spread(len(found), MOST_MARKS // 6)
    traces, told = [_circle()], []
    for k, (label, hkl) in enumerate(_AXES):
        each = [axis_directions(found[i][1], hkl) for i in rows]
        directions = np.concatenate(each)
        points = projected(directions)
        told.append(f"{label} {alignment(directions):.2f}")
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": label,
                "x": points[:, 0],
                "y": points[:, 1],
                "text": [found[i][0] for i, one in zip(rows, each) for _ in range(len(one))],
                "marker": {"color": COLOURS[k], "size": 6, "symbol": ("circle", "square", "diamond")[k]},
                "hovertemplate": "%{text}<extra>%{fullData.name}</extra>",
            }
        )
    ends = {"range": [-1.08, 1.08], "showgrid": False}
    layout = {"xaxis": axis("x", **ends), "yaxis": axis("y", **ends, scaleanchor="x"), "showlegend": True}
    note = f"Seen along the beam at angle 0, with equivalents. Alignment (0 none, 1 all alike): {', '.join(told)}."
    good = "Good: spread over the disc. Bunches: plates or needles that lie one way, which leaves a cone unmeasured."
    note = thinned_note(note, len(rows), len(found), "crystals")
    return [Figure("Orientations of the crystals", traces, layout, note, height=420, good=good)]


def _circle() -> dict[str, Any]:
    angle = np.linspace(0, 2 * np.pi, 73)
    line = {"color": "#8a8f98", "width": 1}
    plain = {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "showlegend": False}
    return {**plain, "x": np.cos(angle), "y": np.sin(angle), "line": line}
