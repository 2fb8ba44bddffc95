"""Parameters of generate_mask."""

from __future__ import annotations

from typing import Literal

from gnomon.maths.images.pixel_filter import PixelFilter
from gnomon.params import param


class GenerateMaskParams(PixelFilter):
    """Which pixels are left out of the mask."""

    use_trusted_range: bool = param(
        False, "leave out pixels that are out of the trusted range on the first, the middle and the last image"
    )
    shadow: Literal["ever", "always"] | None = param(
        None, "leave out what the goniometer hides on any image of the scan, or on all of them"
    )
