"""What slice_sequence can be told."""

from __future__ import annotations

from gnomon.params import Params, param


class SliceSequenceParams(Params):
    """Which images to keep."""

    image_range: tuple[tuple[int, int], ...] = param(
        (), "first and last image, both kept; one range for all experiments, or one for each in their order"
    )
    block_size: float | None = param(
        None, "cut each scan into equal blocks of about this width, in place of image_range", unit="degree", gt=0
    )
