"""Spots: where they lie, on which images, and which of them are indexed."""

from __future__ import annotations

import numpy as np

from gnomon.models.flags import Flag
from gnomon.report.html.blocks import Block, Figure
from gnomon.report.html.data.plane import detector_plane
from gnomon.report.html.data.seen import Seen, by_image
from gnomon.report.html.figures.maps import heat_map

COLUMN = "xyzobs.px.value"


def spot_blocks(seen: Seen) -> list[Block]:
    """Spots by image and over the detector; apart by whether they are indexed where any is. None without spots."""
    if COLUMN not in seen or seen.has(Flag.INTEGRATED).any():  # rows are predictions then, spots or not
        return []
    found: list[Figure | None] = [_by_image(seen)]
    plane = detector_plane(seen, COLUMN)
    if plane is not None:
        chosen = _kinds(seen) or {"Spots": np.ones(len(seen.reflections), bool)}
        good = {
            "Spots": "Good: even but for the fall towards high angle; rings are ice, one bright square is a hot pixel.",
            "Indexed spots": "Good: as the spots lie, with no side of the detector missing.",
            "Unindexed spots": "Good: few and even; rings are ice, a pattern is a second lattice.",
        }
        for name, where in chosen.items():
            z = plane.summed(where=where)
            found.append(heat_map(f"{name} over the detector", plane, z, "spots", good=good[name]))
    return [figure for figure in found if figure is not None]


def _kinds(seen: Seen) -> dict[str, np.ndarray]:
    """Rows with and without indices; empty where none has them, or all have."""
    if not seen.indexed.any() or seen.indexed.all():
        return {}
    return {"Indexed spots": seen.indexed, "Unindexed spots": ~seen.indexed}


def _by_image(seen: Seen) -> Figure | None:
    along = seen.along
    curves = {"all": along.tally.number() / along.size}
    for name, where in _kinds(seen).items():
        curves[name.partition(" ")[0].lower()] = along.tally.where(where).number() / along.size
    good = (
        "Good: even along the scan, nearly all indexed. Gaps: no beam or no crystal; a slope: damage, or a plate "
        "edge-on."
    )
    return by_image("Spots by image", along, curves, "spots / image", good=good, rangemode="tozero")
