"""Parameters of apply_mask."""

from __future__ import annotations

from gnomon.maths.geometry.shadow_params import ShadowParams
from gnomon.params import param


class ApplyMaskParams(ShadowParams):
    """Which mask files and which shadows of the goniometer the images are to use."""

    mask: tuple[str, ...] = param(
        (), "mask files: one for all images, or one for each set of them (may be repeated)", name="input.mask"
    )
