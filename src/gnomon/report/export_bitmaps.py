"""Pictures of images, in words."""

from __future__ import annotations

from gnomon.steps.export_bitmaps.summary import ExportBitmapsSummary


def describe(summary: ExportBitmapsSummary) -> str:
    """How many pictures there are, and how large."""
    n, (nx, ny) = len(summary.images), summary.size
    what = "" if summary.display == "image" else f" ({summary.display})"
    return f"{n} {'picture' if n == 1 else 'pictures'}{what} of {nx} x {ny} pixels"
