"""Which pixels are hot, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gnomon.report.find_bad_pixels import pixels_named


def describe(stats: Mapping[str, Any]) -> str:
    """How many hot pixels each set of images has, and the first of them."""
    return "\n".join(
        f"image set {i}, {one['spots']} spots: {len(one['hot'])} hot pixels{pixels_named(one['hot'])}"
        for i, one in enumerate(stats["sets"])
    )
