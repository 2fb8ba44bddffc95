"""Pictures as files."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

Format = Literal["png", "jpeg", "tiff"]


def encoded(pixels: np.ndarray, format: Format, labels: Sequence[tuple[int, int, str]] = (), **options: Any) -> bytes:
    """The content of a file with the picture ``pixels`` (ny, nx, 3) uint8.

    labels: x, y and the words written there. options: of Pillow for the format (``compress_level``, ``quality``).
    """
    from PIL import Image, ImageDraw

    picture = Image.fromarray(pixels)
    draw = ImageDraw.Draw(picture)
    for x, y, words in labels:
        draw.text((x + 3, y + 2), words, "#268bff")
    content = io.BytesIO()
    picture.save(content, format.upper(), **options)
    return content.getvalue()
