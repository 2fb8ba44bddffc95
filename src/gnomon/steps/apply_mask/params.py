"""Parameters of apply_mask."""

from __future__ import annotations

from gnomon.params import Params, param


class ApplyMaskParams(Params):
    """Which mask files the images are to use."""

    mask: tuple[str, ...] = param(
        (), "mask files: one for all images, or one for each set of them (may be repeated)", name="input.mask"
    )
