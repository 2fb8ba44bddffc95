"""What export_bitmaps tells of its work."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True, kw_only=True)
class ExportBitmapsSummary(Summary):
    """Pictures of images."""

    display: str = figure("what is drawn")
    images: tuple[tuple[int, int], ...] = figure("of each picture the number of its set, and of its image")
    size: tuple[int, int] = figure("of the first picture, width and height", unit="px")
