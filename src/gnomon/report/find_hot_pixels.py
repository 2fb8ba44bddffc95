"""Which pixels are hot, in words."""

from __future__ import annotations

from gnomon.report.find_bad_pixels import pixels_named
from gnomon.steps.find_hot_pixels.summary import FindHotPixelsSummary


def describe(summary: FindHotPixelsSummary) -> str:
    """How many hot pixels each set of images has, and the first of them."""
    return "\n".join(
        f"image set {i}, {one.spots} spots: {one.hot.count} hot pixels{pixels_named(one.hot)}"
        for i, one in enumerate(summary.sets)
    )
