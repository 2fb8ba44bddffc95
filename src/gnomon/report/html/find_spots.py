"""The page of find_spots: how many, what was not taken for one, and what images have faults."""

from __future__ import annotations

import numpy as np

from gnomon.report.find_spots import bad_lines, blank_lines
from gnomon.report.html.blocks import Block, Section, Table, Tile, Tiles, Words
from gnomon.report.html.figures.axes import axis
from gnomon.report.html.figures.lines import Curve, many_lines
from gnomon.steps.find_spots.summary import FindSpotsSummary

_MOST = 400  # points of a curve


def sections(summary: FindSpotsSummary) -> list[Section]:
    """Numbers, faults, strong pixels and background by image."""
    sweeps = summary.sweeps
    n_images = sum(len(s.images) for s in sweeps)
    faults = [line for s in sweeps for line in (*blank_lines(s), *bad_lines(s))]
    tiles = Tiles(
        [
            Tile("Strong spots", str(summary.n_spots), "", f"on {n_images} images"),
            Tile("An image", f"{summary.n_spots / max(n_images, 1):.0f}", "", "on average"),
            Tile(
                "Faults of images",
                str(len(faults)),
                "look" if faults else "good",
                "blank, or bad" if faults else "none",
            ),
        ]
    )
    rows = [
        (
            f"sweep {s.experiment}",
            f"{s.images[0]} to {s.images[-1]}",
            str(sum(s.strong_pixels)),
            _named(s.removed),
            str(sum(s.spots)),
        )
        for s in sweeps
        if s.images
    ]
    headers = ("sweep", "images", "strong pixels", "groups removed, by filter", "spots")
    blocks: list[Block] = [tiles, Words((*summary.sentences, *faults), listed=True), Table("Sweeps", headers, rows)]
    return [Section("Summary", blocks), Section("Images", _by_image(summary))]


def _named(counts: object) -> str:
    return ", ".join(f"{n} {name}" for name, n in dict(counts).items() if n) or "-"  # type: ignore[call-overload]


def _by_image(summary: FindSpotsSummary) -> list[Block]:
    kinds = (
        ("Background by image", "background", "counts / px", "Good: level. A rise: more in the beam; zero: no beam."),
        ("Strong pixels by image", "strong_pixels", "pixels", "Good: as the spots. A single spike: a bad image."),
    )
    found: list[Block] = []
    for title, key, label, good in kinds:
        curves = []
        for s in summary.sweeps:
            step = max(1, len(s.images) // _MOST)
            values = np.asarray(getattr(s, key), float)
            curves.append(Curve(f"sweep {s.experiment}", np.asarray(s.images)[::step], values[::step]))
        axes = {"x": axis("image"), "y": axis(label, rangemode="tozero")}
        if any(np.isfinite(c.y).any() for c in curves):
            found.append(many_lines(title, curves, axes, good=good))
    return found
