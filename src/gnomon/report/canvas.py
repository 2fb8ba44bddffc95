"""Drawings as PNG files: lines, dots, bars and words in plain coordinates, for figures that stand outside pages."""

from __future__ import annotations

import io
from typing import Any, Literal

_FINER = 3
"""Drawn so much larger, and made smaller again: smooth edges."""


class Canvas:
    """A white sheet of ``width`` by ``height`` pixels, x to the right and y down.

    Pillow is imported here, where something is drawn.
    """

    def __init__(self, width: int, height: int) -> None:
        from PIL import Image, ImageDraw

        self._size = (width, height)
        self._image: Image.Image = Image.new("RGB", (width * _FINER, height * _FINER), "white")
        self._draw = ImageDraw.Draw(self._image)

    def line(self, points: list[tuple[float, float]], colour: str = "#30343b", width: float = 1.0) -> None:
        """Draw a line through the points."""
        self._draw.line([(x * _FINER, y * _FINER) for x, y in points], colour, max(1, round(width * _FINER)), "curve")

    def circle(self, x: float, y: float, radius: float, *, fill: str | None = None, edge: str | None = None) -> None:
        """Draw a circle, filled or not."""
        box = [c * _FINER for c in (x - radius, y - radius, x + radius, y + radius)]
        self._draw.ellipse(box, fill, edge, _FINER)

    def bar(self, left: float, top: float, right: float, bottom: float, colour: str) -> None:
        """Fill a rectangle."""
        self._draw.rectangle([c * _FINER for c in (left, top, right, bottom)], colour)

    def words(
        self, x: float, y: float, text: str, *, size: float = 12, colour: str = "#30343b",
        at: Literal["lm", "mm", "rm", "ma"] = "lm",
    ) -> None:  # fmt: skip
        """Write ``text``; at: which of its points is at x, y (left, middle or right; middle, or its top)."""
        from PIL import ImageFont

        font: Any = ImageFont.load_default(size * _FINER)
        self._draw.text((x * _FINER, y * _FINER), text, colour, font, at)

    def png(self) -> bytes:
        """The drawing as a file."""
        from PIL import Image

        content = io.BytesIO()
        self._image.resize(self._size, Image.Resampling.BOX).save(content, "PNG")
        return content.getvalue()
